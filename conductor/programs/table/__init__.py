"""What is known of each program: one file a program or family, Python literals, read by name.

A file holds `PROGRAMS`: names (several of one separated by a space) → what the words after them mean. To add a program,
add a file or a name to one, and run `make programs`: it writes the index of names and the page, and asks the programs
of this machine what the table lacks.
"""
