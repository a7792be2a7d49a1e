"""How does a notebook show a finished figure or table? Markup for the page, words where there is none."""

import base64
import html
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A finished figure: PNG bytes with alt text, caption and tier; notebooks display it by returning it."""

    png: bytes
    alt: str
    caption: str
    tier: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        encoded = base64.b64encode(self.png).decode()
        return {"text/html": self._html(encoded), "text/plain": f"Figure: {self.alt}"}

    def _html(self, encoded: str) -> str:
        alt, caption, tier = (html.escape(text) for text in (self.alt, self.caption, self.tier))
        return (
            f'<figure class="agentbits-figure"><img src="data:image/png;base64,{encoded}" alt="{alt}"/>'
            f'<figcaption>{caption} <span class="tier">{tier}</span></figcaption></figure>'
        )


@dataclass(frozen=True)
class Html:
    """Escaped markup that a notebook displays, with the same content as plain text."""

    markup: str
    plain: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.markup, "text/plain": self.plain}
