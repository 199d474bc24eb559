# The words of this place: exchange.
