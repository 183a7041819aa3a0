"""Texts from people: `inbox` stores them and answers at once, `words` reads them, `whose` finds the store they are
for, `apply` draws the consequences, `answers` says what is owed to the person, `review` is for what a person decides.
"""
