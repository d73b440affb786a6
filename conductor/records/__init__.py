"""Markdown is the database: tasks, journal, errors, memories and evidence, edited without losing a byte."""
