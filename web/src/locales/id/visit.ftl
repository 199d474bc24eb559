# The words of this place: visit.
