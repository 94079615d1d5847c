"""Where good begins, and from which size on a difference is worth a word: the few numbers that rules share."""

GOOD = 0.9
"""F1 from which a report says yes: fewer than about one error in ten objects."""
FAIR = 0.75
"""F1 from which a report says nearly: proposals that take less work to correct than to draw anew."""
MATTERS = 0.05
"""An error that concerns fewer than one object in twenty changes no count worth mentioning."""
LEAST = 5
"""So many errors of a kind are a pattern, not an accident."""
MOSTLY = 0.5
"""More than half: what one kind explains before all others together."""
GAP = 0.1
"""Difference of two shares that people would call a difference; less is lost among labelling errors."""
RISEN = 1.15
"""A loss that ends so many times above its lowest level has risen; its scatter is a few percent."""
