"""How do notebooks become a book?

    profiles     which parameters does a profile set?
    notebooks    which notebooks are to be run?
    declared     which parameters does a notebook declare?
    parameters   may these notebooks be run with these values?
    fingerprint  has anything changed since the last run?
    history      what did the last run leave behind?
    plan         which notebooks must run, where and with which values?
    costs        what would the runs of a profile cost, before one starts?
    worker       how does one notebook run, in its own process?
    supervise    how is one worker watched?
    processes    how many workers side by side, and how are they ended?
    execute      how do many notebooks run side by side?
    executed     what of an executed notebook is kept?
    progress     what does the user see while notebooks run?
    pages        which pages are generated?
    stage        what does Jupyter Book get to read?
    book         where does the book lie, once it is built?
    run          how is a command of the user carried out?

Running and building are two things: the notebooks run into `_build/runs`, and the book is built from what
lies there without executing anything.
"""

TIMEOUT_S = 1800.0
"""Seconds that one notebook may take where nobody says otherwise."""
