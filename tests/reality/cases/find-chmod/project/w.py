open("var/x", "w")
