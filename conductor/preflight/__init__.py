"""Can this image be built, and will it start?"""
