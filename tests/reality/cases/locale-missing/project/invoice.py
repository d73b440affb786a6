import locale

locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
print(locale.currency(12.5, grouping=True))
