"""Installs, starts and stops a whole Heliograph on one machine.

Standard library only: it runs before anything is installed. `demo` and `checks` are the two commands; they
stand on `install` (.venv), `servers` (PostgreSQL and Valkey), `procfile` and `supervise` (processes).
"""
