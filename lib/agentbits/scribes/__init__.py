"""How is our own family of compressors trained?

Scribes are language models of one architecture and four sizes that read a twin's document and write a note for a
question; readers answer from notes. All are trained from scratch here, on documents whose facts are known, so that
what a note carries can be compared with what there was to carry.
"""
