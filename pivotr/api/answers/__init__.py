"""What answers look like, for the document alone: no function that answers loads this. A test holds every
route's real answer against it.
"""
