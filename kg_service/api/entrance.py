"""The pages a person meets before the first sign-in. Plain HTML: no script, no style, nothing to load."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

from ..editorial.accounts.invitations import Invited
from ..editorial.accounts.passwords import MIN_LENGTH

PATH = "/v1/session/first"


def link(code: str) -> str:
    """The address of the page for a one-time code, below the service's own."""
    return f"{PATH}?code={code}"


def form(code: str, invited: Invited, *, said: str = "", name: str = "", status: int = 200) -> HTMLResponse:
    """The page on which somebody sets a password, and the first admin a name.

    Args:
        said: what was wrong with what was sent last.
        name: what was chosen last.
    """
    if invited.name:
        title = f"Welcome, {escape(invited.name)}"
        who = f'<input type="hidden" name="name" value="{escape(invited.name)}" autocomplete="username">'
    else:
        title = "The first administrator"
        who = (
            '<p><label for="name">Your name for signing in</label><br>'
            f'<input id="name" name="name" value="{escape(name)}" required autocomplete="username"></p>'
        )
    complaint = f'<p role="alert">{escape(said)}</p>' if said else ""
    return _page(
        title,
        f"""{complaint}
<form method="post" action="{PATH}">
<input type="hidden" name="code" value="{escape(code)}">
{who}
<p><label for="password">Your password, at least {MIN_LENGTH} characters</label><br>
<input id="password" name="password" type="password" required minlength="{MIN_LENGTH}" autocomplete="new-password"></p>
<p><button>Set the password and sign in</button></p>
</form>""",
        status,
    )


def signed_in(name: str) -> HTMLResponse:
    """The page after that, and after single sign-on."""
    return _page(
        "You are signed in", f'<p>This browser is signed in as {escape(name)}.</p>\n<p><a href="/">Go on</a></p>'
    )


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    text = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<main>
<h1>{title}</h1>
{body}
</main>
</html>
"""
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})
