import pkg_resources

for entry in pkg_resources.iter_entry_points("acme.plugins"):
    print(entry.name)
