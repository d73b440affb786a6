import click, flask
