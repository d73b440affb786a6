open("logs/a", "w")
open("cache/a", "w")
