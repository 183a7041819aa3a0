"""The baseline: the same work on the same tables by bare psycopg, one process per worker, without Django and Celery.

Each module is a program; `crew` starts them. It is as fast as we know how to write it, and as safe as the product.
"""
