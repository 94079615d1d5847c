"""From a lab's own microscope images to its own trained model, with a person in the loop."""
