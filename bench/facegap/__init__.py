"""facegap: measures how face comparison treats different people.

Stages joined by files: images -> conditions -> acquire -> embed -> compare -> count -> estimate -> report.
"""

__version__ = "0.1.0"
