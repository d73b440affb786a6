import click
import tabulate
