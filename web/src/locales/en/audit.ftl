# The words of this place: audit.
