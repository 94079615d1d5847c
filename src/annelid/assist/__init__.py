"""Clicks become outlines: a prompt of points and a box in, the shape of one object out."""
