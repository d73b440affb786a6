print("meter")
