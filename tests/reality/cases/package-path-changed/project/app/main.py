from pk import other
