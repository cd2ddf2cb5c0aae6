"""Parts of documents that a program writes: what stands between the comments <!-- name --> and <!-- end name -->."""


def replaced(document, text, name, part):
    """The document's `text` with `part` between the comments of that name."""
    before, begin, rest = text.partition(f"<!-- {name} -->")
    _, end, after = rest.partition(f"<!-- end {name} -->")
    if not begin or not end:
        msg = f"{document} has no place for {name!r}."
        raise ValueError(msg)
    return f"{before}{begin}\n{part}\n{end}{after}"


def write(document, parts, *, check=False):
    """Put the parts, by name, into the document, and give 0; to check, write nothing, and give 1 where one differs."""
    text = document.read_text(encoding="utf-8")
    written = text
    for name, part in parts.items():
        written = replaced(document, written, name, part)
    if check:
        return int(written != text)
    document.write_text(written, encoding="utf-8", newline="\n")
    return 0
