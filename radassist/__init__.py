"""radassist: an offline reporting assistant for radiologists.

Decision support that a radiologist signs; not a medical device.  ``README.md`` has the map of
the rooms (packages) and the directions in which they may import each other.
"""

__version__ = "0.1.0"
