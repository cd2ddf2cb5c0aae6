"""How hypothesis looks for inputs that break a property."""

from hypothesis import settings

settings.register_profile("project", deadline=None, print_blob=True, max_examples=100)
settings.load_profile("project")
