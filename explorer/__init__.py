"""Floor 5, the pages: what readers look things up in, rendered on the server.

    views        one function per address, thin       urls          the addresses
    pages/       what each page shows, as values      search        what a reader may type
    frame        what all pages share                 format        numbers and times as text
    highlight    contract source in colours
    names        accounts that have a name            errors        what a page refuses

Pages read through other slices' ``queries`` and ``service``; they own no rules of the chain.
"""
