# The words of this place: chart.
