"""Routes that ask for no login are told, those that do are not."""

from __future__ import annotations

import pytest

from quarterdeck.collect.routes import open_routes

FLASK = """
@app.route("/api/charters/<id>/cancel", methods=["POST", "DELETE"])
def cancel(id):
    return drop(id)

@app.get("/api/guests")
@login_required
def guests():
    return every()

@app.post("/api/tokens")
def tokens():
    return issue()

@app.get("/health")
def health():
    return "ok"

@app.post("/login")
def enter():
    return start()
"""
FASTAPI = """
app.add_middleware(CORSMiddleware, allow_credentials=True)

@app.get("/deliveries")
def deliveries(session: Session = Depends(get_session)):
    return session.get(Delivery, 1)

@router.get("/me/orders")
async def orders(user = Depends(get_current_user)): ...

@router.put(path="/ships")
def ships():
    '''No authentication here!'''
    return every()

@router.patch("/orders/{id}")
async def change(id: int): ...

client.get("/not/a/route")
"""
EXPRESS = """
app.get("/api/guests.csv", (req, res) => { res.send(guests()) })
app.get("/api/mine", (req, res) => { res.send(of(req.headers.authorization)) })
router.post('/charters', requireAuth, create)
router.delete("/charters/:id", async (req, res) => {})
router.put("/ships", save) // TODO auth
// app.get("/old", handler)
axios.get("/api/elsewhere", {})
app.get('/', home)
"""


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("app.py", FLASK, [(2, "POST/DELETE", "/api/charters/<id>/cancel"), (11, "POST", "/api/tokens")]),
        ("api.py", FASTAPI, [(4, "GET", "/deliveries"), (11, "PUT", "/ships"), (16, "PATCH", "/orders/{id}")]),
        ("server.js", EXPRESS, [(2, "GET", "/api/guests.csv"), (5, "DELETE", "/charters/:id"), (6, "PUT", "/ships")]),
    ],
)  # fmt: skip
def test_routes_without_a_login_are_told(name: str, text: str, told: list[tuple[int, str, str]]) -> None:
    """Line, method and path; what is meant to be open, and what is no route, is not."""
    assert list(open_routes(name, text)) == told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.py", "@app.before_request\ndef check():\n    verify_session()\n" + FLASK),
        ("api.py", "router = APIRouter(dependencies=[Depends(require_user)])\n" + FASTAPI),
        ("server.ts", "app.use(requireAuth)\n" + EXPRESS),
        ("notes.md", FLASK),
        ("broken.py", FLASK + "\ndef ("),
        ("deep.py", "(" * 100_000),
    ],
)
def test_files_that_ask_for_all_or_hold_none(name: str, text: str) -> None:
    """A login that a file asks for on every route is enough; what cannot be read tells nothing."""
    assert not list(open_routes(name, text))
