"""Look at the built documentation: python tools/check_site.py [FOLDER, build/site unless given]

Every link to a page or file leads to one, and to an anchor that is there; no page loads anything from another host;
links to other hosts are well-formed and https (nothing is fetched); and every public name is documented. What is wrong
is printed, and the exit status says whether there is any.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import occlusion_sensitivity
from occlusion_sensitivity import matlab

# What a browser fetches of itself, by element and attribute; all else is for readers to follow.
LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("source", "src"), ("iframe", "src"), ("object", "data")}
NO_FETCH = {"canonical", "author", "license", "next", "prev", "index", "search", "up", "top"}


class Page(HTMLParser):
    """The links of a page, what it loads, and its anchors."""

    def __init__(self, file):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors.update(filter(None, (given.get("id"), given.get("name") if tag == "a" else None)))
        for name in ("href", "src", "data"):
            if given.get(name) is not None:
                is_loaded = (tag, name) in LOADED and given.get("rel") not in NO_FETCH
                (self.loaded if is_loaded else self.links).append(given[name])


def faults(folder):
    """What is wrong, a line each."""
    files = (file for file in sorted(folder.rglob("*.html")) if "_static" not in file.parts)  # the theme's own
    pages = {file.resolve(): Page(file) for file in files}
    if not pages:
        yield f"{folder} has no pages"
    for file, page in pages.items():
        where = file.relative_to(folder.resolve())
        for link in page.loaded:
            if urlsplit(link).scheme not in ("", "data") or urlsplit(link).netloc:
                yield f"{where} loads {link}"
        for link in [*page.links, *page.loaded]:
            fault = fault_of(link, file, pages)
            if fault:
                yield f"{where}: {link} {fault}"
    for sheet in folder.rglob("*.css"):
        for link in re.findall(r"url\(\s*[\"']?([a-z]*:?//[^)\"']+)", sheet.read_text(encoding="utf-8")):
            yield f"{sheet.relative_to(folder)} loads {link}"
    anchors = set().union(*(page.anchors for page in pages.values()))
    shared = set(occlusion_sensitivity.__all__)
    for module, names in ((occlusion_sensitivity, shared), (matlab, set(matlab.__all__) - shared)):
        for name in sorted(names):
            if f"{module.__name__}.{name}" not in anchors:
                yield f"{module.__name__}.{name} is not documented"


def fault_of(link, file, pages):
    """What is wrong with a link of a page, or None."""
    parts = urlsplit(link)
    if parts.scheme in ("data", "mailto", "javascript"):
        return None
    if parts.scheme or parts.netloc:
        return (
            None
            if parts.scheme == "https" and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc)
            else "is not https"
        )
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not target.is_file():
        return "leads nowhere"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "names no anchor of that page"
    return None


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/site")
    found = list(faults(folder))
    print("\n".join(found) or f"{folder}: all links lead somewhere, and nothing is loaded from elsewhere")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
