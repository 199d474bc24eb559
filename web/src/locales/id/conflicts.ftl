# The words of this place: conflicts.
