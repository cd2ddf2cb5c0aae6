"""Contact sheets as tests see them: the page, and the folder of its pictures."""

import json
import os
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

import numpy as np
from PIL import Image


class Page(HTMLParser):
    """What a browser finds in a page: its tags, the words outside of scripts, and the data."""

    def __init__(self, file):
        super().__init__()
        self.tags, self.words, self._open = [], [], ""
        self.text = file.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag not in ("a", "b", "code"):
            self.words.append(" ")

    def handle_data(self, data):
        if self._open == "script" and self.tags[-1] == ("script", {"type": "application/json", "id": "data"}):
            self.data = json.loads(data)
        elif self._open not in ("script", "style"):
            self.words.append(data)
        self._open = "" if self._open in ("script", "style") else self._open

    @property
    def said(self):
        return " ".join("".join(self.words).split())

    def links(self):
        found = [attributes.get(name) for _, attributes in self.tags for name in ("href", "src")]
        return {os.fsdecode(unquote_to_bytes(link)) for link in found if link is not None}


def pixels(file):
    with Image.open(file) as picture:
        return np.asarray(picture).astype(int)


def written(folder):
    """All files below, with their content, but for what is hidden."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
