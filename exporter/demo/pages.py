"""The HTML pages a gateway shows where a program would rather have JSON."""

_UNAUTHORIZED = """<html>
<head><title>401 Authorization Required</title></head>
<body>
<center><h1>401 Authorization Required</h1></center>
<hr><center>Redirecting to <a id='link' href=''></a></center>
<script>
const target = window.location.protocol + '//' + window.location.host + '/home';
window.onload = function() {
    const link = document.getElementById('link');
    link.href = link.text = target;
    setTimeout(function() { window.location.href = target; }, 500);
}
</script>
</body>
</html>
"""
UNAUTHORIZED = _UNAUTHORIZED.encode()
LANDING = b"<!DOCTYPE html>\n<html><head><title>Enphase</title></head><body></body></html>\n"
VALID = b"<!DOCTYPE html><h2>Valid token.</h2>\n"


def page(title: str) -> bytes:
    """Return the web server's own page for a status."""
    head = f"<html>\n<head><title>{title}</title></head>\n"
    return f"{head}<body>\n<center><h1>{title}</h1></center>\n</body>\n</html>\n".encode()
