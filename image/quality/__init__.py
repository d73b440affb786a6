"""How good an enlargement is: clips made by formula, made smaller, enlarged again, and compared with what they were.

    cd image && python -m quality [--backend cpu] [--scale 2 --scale 4] [--json]

It needs nothing but what the image has: NumPy and PyAV (and OpenCV, where it is there, for a second baseline).
"""
