"""Labels that name no concept, what people decided about them, and how many images each label of a dataset has."""
