"""Who gets a report, from files and from a table (moto's server over HTTP); and that silence holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quarterdeck.cli import main
from quarterdeck.deliver.aws import open_client
from quarterdeck.deliver.recipients import KEYS as TABLE_KEYS
from quarterdeck.deliver.recipients import FileRecipients, Reader, Recipients, TableRecipients
from quarterdeck.deliver.table import Table
from quarterdeck.model.delivery import recipient_id
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.persona import Persona, Recipient

from .aws import client_of

ANN, BEN = recipient_id("ann@example.com"), recipient_id("ben@example.com")
FIRST, LATER = "2026-11-01T08:00:00+00:00", "2026-11-02T08:00:00+00:00"


class Marks:
    """The marks of a ledger."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def mark(self, name: str, value: str = "") -> bool:
        return self.kept.setdefault(name, value) is value

    def marked(self, name: str) -> str | None:
        return self.kept.get(name)

    def unmark(self, name: str) -> None:
        self.kept.pop(name, None)


@pytest.fixture
def client(moto: str) -> Any:
    return client_of("dynamodb", moto)


@pytest.fixture
def table(client: Any, request: pytest.FixtureRequest) -> TableRecipients:
    name = f"people-{abs(hash(request.node.name))}"
    Table(client, name).make(TABLE_KEYS, {})
    return TableRecipients(client, name)


def filled_files() -> Recipients:
    """Ann gets two reports, Ben one."""
    common = {"title": "T", "reader": "R", "sections": ["cash"]}
    ann = {"address": "Ann@example.com", "name": "Ann", "locale": "de_DE", "time_zone": "Europe/Berlin"}
    cfo = Persona.model_validate({**common, "id": "cfo", "recipients": [ann, {"address": "ben@example.com"}]})
    ceo = Persona.model_validate({**common, "id": "ceo", "recipients": [{"address": "ann@example.com"}]})
    return FileRecipients([cfo, ceo], Marks())  # type: ignore[arg-type]


@pytest.fixture(params=["files", "table"])
def recipients(request: pytest.FixtureRequest) -> Recipients:
    """Both kinds, with the same readers."""
    files = filled_files()
    if request.param == "files":
        return files
    table: TableRecipients = request.getfixturevalue("table")
    for reader in (*files.of("cfo"), *files.of("ceo")):
        said = {name: getattr(reader, name) for name in ("address", "name", "locale", "time_zone")}
        table.add(reader.slug, Recipient(**said))
    return table


def of(recipients: Recipients, persona: str) -> dict[str, Reader]:
    return {reader.id: reader for reader in recipients.of(persona)}


def test_readers_are_told_whole(recipients: Recipients) -> None:
    """Each with what the list says of one; the case of an address makes no second reader."""
    assert of(recipients, "cfo") == {
        ANN: Reader("cfo", "Ann@example.com", "Ann", "de_DE", "Europe/Berlin"),
        BEN: Reader("cfo", "ben@example.com"),
    }
    assert list(of(recipients, "ceo")) == [ANN] and recipients.of("nobody") == []


def test_a_reader_of_one_subject_is_told_of_that_alone(table: TableRecipients, tmp_path: Path) -> None:
    """In files and table alike; silence of the persona holds for each subject."""
    ann = {"address": "ann@example.com", "subject": "acme"}
    audit = {"id": "audit", "title": "T", "reader": "R", "sections": ["cash"], "each": "clients"}
    files = FileRecipients([Persona.model_validate({**audit, "recipients": [ann]})], Marks())  # type: ignore[arg-type]
    path = tmp_path / "people.csv"
    path.write_text("address,persona,subject\nann@example.com,audit,acme\n", "utf-8")
    table.import_csv(path, ["audit"])
    for recipients in (files, table):
        assert recipients.of("audit") == [] and recipients.of("audit/acme") == recipients.rows()
        recipients.silence(ANN, "audit", "unsubscribed", FIRST)
        assert [(reader.slug, reader.active) for reader in recipients.rows()] == [("audit/acme", False)]
        assert not recipients.of("audit/acme")[0].active


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"locale": "qq_QQ_zz"}, "skipped (locale: 'qq_QQ_zz' is no locale that Babel knows)"),
        ({"time_zone": "Mars/X"}, "skipped (time_zone: 'Mars/X' is no time zone)"),
        ({"address": "nobody"}, "skipped (address: address 'n…' is none that mail can carry)"),
        ({"name": "=?utf-8?q?=0ABcc:_x=40y.zz?="}, "skipped (name: address '='… holds a line break, a control"),
        ({"active": "false"}, "not active"),
        ({"unsubscribed_at": FIRST}, "unsubscribed"),
    ],
)
def test_a_row_of_another_program_is_honoured_or_skipped_and_holds_up_nobody(
    table: TableRecipients, said: dict[str, str], why: str
) -> None:
    """Whatever it says."""
    table.add("host", Recipient(address="ben@example.com"))
    table._table.put({"persona": "host", "recipient": "7", "address": "ann@example.com", **said})
    for readers in (table.of("host"), table.rows()):
        ann, ben = sorted(readers, key=lambda it: it.active)
        assert ben == Reader("host", "ben@example.com") and not ann.active and ann.why.startswith(why)
        assert ann.unsubscribed_at == said.get("unsubscribed_at", "")


def test_silence_finds_a_reader_under_whatever_key(table: TableRecipients) -> None:
    """Another program may have named the row."""
    table._table.put({"persona": "host", "recipient": "7", "address": "Ann@example.com"})
    table.silence(ANN, "", "complained (abuse)", FIRST)
    assert [it.why for it in table.of("host")] == ["complained (abuse)"]


def test_whoever_stands_on_no_list_is_silenced_too(recipients: Recipients) -> None:
    """The pilot inbox, for one."""
    pilot = Recipient(address="pilot@example.com")
    assert recipients.reader("cfo", pilot) == Reader("cfo", "pilot@example.com")
    recipients.silence(recipient_id("pilot@example.com"), "", "complained (abuse)", FIRST)
    assert recipients.reader("cfo", pilot) == Reader(
        "cfo", "pilot@example.com", active=False, unsubscribed_at=FIRST, why="complained (abuse)"
    )


def test_silence_of_one_report_leaves_the_others(recipients: Recipients) -> None:
    """The reader is still told, with since when and why; a second time changes neither."""
    recipients.silence(ANN, "cfo", "unsubscribed", FIRST)
    recipients.silence(ANN, "cfo", "complained", LATER)
    ann = of(recipients, "cfo")[ANN]
    assert (ann.active, ann.unsubscribed_at, ann.why, ann.name) == (False, FIRST, "unsubscribed", "Ann")
    assert of(recipients, "cfo")[BEN].active and of(recipients, "ceo")[ANN].active


def test_silence_of_all_reports_holds_everywhere(recipients: Recipients) -> None:
    """Whatever a single report said before."""
    recipients.silence(ANN, "cfo", "unsubscribed", FIRST)
    recipients.silence(ANN, "", "bounced", LATER)
    assert {of(recipients, persona)[ANN].active for persona in ("cfo", "ceo")} == {False}
    assert of(recipients, "ceo")[ANN].why == "bounced" and of(recipients, "cfo")[BEN].active


def test_only_an_explicit_act_ends_silence(recipients: Recipients) -> None:
    """Of one report and of all, and for nobody else."""
    recipients.silence(ANN, "cfo", "unsubscribed", FIRST)
    recipients.silence(ANN, "", "bounced", FIRST)
    recipients.silence(BEN, "", "bounced", FIRST)
    recipients.restore(ANN)
    assert of(recipients, "cfo")[ANN] == Reader("cfo", "Ann@example.com", "Ann", "de_DE", "Europe/Berlin")
    assert of(recipients, "ceo")[ANN].active and not of(recipients, "cfo")[BEN].active


def test_a_mark_without_words_silences_too() -> None:
    """What is there counts, whatever it says."""
    marks = Marks()
    persona = Persona.model_validate(
        {"id": "cfo", "title": "T", "reader": "R", "sections": ["a"], "recipients": [{"address": "ann@example.com"}]}
    )
    for value in ("", "{}"):
        marks.kept[f"silenced/{ANN}/*"] = value
        (ann,) = FileRecipients([persona], marks).of("cfo")  # type: ignore[arg-type]
        assert not ann.active


def test_no_import_addition_or_removal_ends_silence(table: TableRecipients, tmp_path: Path) -> None:
    """Nor does a list that the reader is put on later."""
    table.add("cfo", Recipient(address="ann@example.com"))
    table.silence(ANN, "cfo", "unsubscribed", FIRST)
    table.silence(BEN, "", "bounced", FIRST)
    table.add("cfo", Recipient(address="ann@example.com", name="Ann"))
    assert table.remove(ANN) == 1
    path = tmp_path / "people.csv"
    path.write_text("address,persona\nANN@example.com,cfo\nben@example.com,ceo\n", "utf-8")
    assert table.import_csv(path, ["cfo", "ceo"]) == 2
    assert [reader.active for reader in table.rows()] == [False, False]
    table.restore(BEN)
    assert [reader.active for reader in table.rows()] == [True, False]


def test_a_spreadsheet_is_imported_twice_as_once(table: TableRecipients, tmp_path: Path) -> None:
    """As Excel writes it; names with quotes and commas, domains of any script, empty lines."""
    path = tmp_path / "people.csv"
    path.write_bytes(
        b"\xef\xbb\xbfaddress,name,persona,locale,time_zone\r\n"
        + 'ann@bücher.example,"Doe, ""Ann""",cfo,de_DE,Europe/Berlin\r\n,,,,\r\n'.encode()
        + "o'hara@example.com,José,ceo,,\r\nann@bücher.example,Ann,ceo,,\r\n".encode()
    )
    for _ in range(2):
        assert table.import_csv(path, ["cfo", "ceo"]) == 3
        assert table.rows() == [
            Reader("ceo", "ann@xn--bcher-kva.example", "Ann"),
            Reader("ceo", "o'hara@example.com", "José"),
            Reader("cfo", "ann@xn--bcher-kva.example", 'Doe, "Ann"', "de_DE", "Europe/Berlin"),
        ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nobody,cfo,,,", "row 3, column address: address 'n…' is none that mail can carry"),
        (",cfo,Ann,,", "row 3, column address: address '…' is none"),
        ('"a@example.com\r\nBcc: b@example.com",cfo,,,', "row 3, column address: address 'a'… holds a line break"),
        (f"{'a' * 300}@example.com,cfo,,,", "row 3, column address: address 'a…@example.com' is none"),
        ('"Doe, Ann <cy@example.com>",cfo,,,', "column address: address 'c…@example.com' has a name beside it"),
        ('cy@example.com,cfo,"A\nB",,', "row 3, column name"),
        (f"cy@example.com,cfo,{'n' * 201},,", "row 3, column name: string should have at most 200 characters"),
        ("cy@example.com,cof,,,", "row 3, column persona: found 'cof'. Did you mean 'cfo'"),
        ("cy@example.com,,,,", "row 3, column persona: found ''"),
        ("cy@example.com,cfo,,klingon,", "row 3, column locale: 'klingon' is no locale"),
        ("cy@example.com,cfo,,,../etc", "row 3, column time_zone: '../etc' is no time zone"),
        ("cy@example.com,cfo", "row 3: has 2 cells for 5 columns"),
        ("BEN@example.com,cfo,,,", "row 3, column address: 'B…@example.com' stands twice for cfo"),
        ('"cy@example.com,cfo,,,', "is no CSV"),
    ],
)
def test_one_bad_row_and_nothing_is_written(table: TableRecipients, tmp_path: Path, row: str, said: str) -> None:
    """Row and column are named, and no address whole."""
    path = tmp_path / "people.csv"
    path.write_bytes(f"address,persona,name,locale,time_zone\r\nben@example.com,cfo,,,\r\n{row}\r\n".encode())
    with pytest.raises(QuarterdeckError) as caught:
        table.import_csv(path, ["cfo", "ceo"])
    assert said in str(caught.value) and "people.csv" in str(caught.value)
    assert "cy@" not in str(caught.value) and table.rows() == []


@pytest.mark.parametrize(
    "head", [b"", b"address\n", b"address,persona,phone\n", b"address,persona,address\n", b"address,persona\n\xff"]
)
def test_a_file_that_is_no_such_list_is_refused(table: TableRecipients, tmp_path: Path, head: bytes) -> None:
    """With the columns that there may be."""
    path = tmp_path / "people.csv"
    path.write_bytes(head)
    with pytest.raises(QuarterdeckError, match=r"people\.csv.*(Known: address, persona|Save it as CSV)"):
        table.import_csv(path, ["cfo"])


def test_readers_are_removed_from_one_list_or_all(table: TableRecipients) -> None:
    """And it says off how many."""
    for persona in ("cfo", "ceo", "cto"):
        table.add(persona, Recipient(address="ann@example.com"))
    assert (table.remove(ANN, ["cfo"]), table.remove(BEN), table.remove(ANN), table.remove(ANN)) == (1, 0, 2, 0)
    assert table.rows() == []


def test_a_long_list_is_told_whole(table: TableRecipients) -> None:
    """Beyond the megabyte that one answer holds."""
    for number in range(7):
        table.silence(f"{number:020}", "", "x" * 200_000, FIRST)
        item = {"persona": "cfo", "recipient": str(number), "address": f"r{number}@example.com"}
        table._table.put({**item, "remark": "x" * 200_000})
    table.silence(recipient_id("r6@example.com"), "", "bounced", FIRST)
    readers = table.of("cfo")
    assert len(readers) == len(table.rows()) == 7 and sum(not reader.active for reader in readers) == 1


def test_a_table_that_is_not_there_is_told(client: Any) -> None:
    """With how to make it; by each thing that can be asked of it."""
    lost = TableRecipients(client, "nowhere")
    for ask in (
        lambda: lost.of("cfo"),
        lost.rows,
        lambda: lost.silence(ANN, "", "bounced", FIRST),
        lambda: lost.add("cfo", Recipient(address="ann@example.com")),
    ):
        with pytest.raises(QuarterdeckError, match=r"table nowhere: is not there\. Make it with"):
            ask()


def test_a_table_is_made_once(client: Any, table: TableRecipients) -> None:
    """What is there stays as it is."""
    table.add("cfo", Recipient(address="ann@example.com"))
    assert not table._table.make(TABLE_KEYS, {}) and len(table.rows()) == 1


def test_without_an_answer_or_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No traceback from the SDK."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(QuarterdeckError, match="Name a region"):
        open_client("dynamodb")
    with pytest.raises(QuarterdeckError, match="table t1: needs AWS credentials"):
        TableRecipients(open_client("dynamodb", "eu-west-1"), "t1").rows()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(QuarterdeckError, match="table t1: gave no answer: EndpointConnectionError"):
        TableRecipients(open_client("dynamodb", "eu-west-1"), "t1").rows()


def told(capsys: pytest.CaptureFixture[str], project: Path, *words: str, code: int = 0) -> str:
    """What the command says."""
    assert main(["recipients", *words, "--project", str(project)]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err and "ann@example.com" not in said.out + said.err
    return said.err if code else said.out


@pytest.fixture
def company(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A project whose ledger has its key beside it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("RECIPIENTS_TABLE", "LEDGER_TABLE"):
        monkeypatch.delenv(name, raising=False)
    return project


def test_a_wish_that_came_by_mail_is_honoured_with_lists_in_files(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is shown, masked, and outlives the process; only `restore` ends it."""
    (company / "personas/host.yml").open("a").write("recipients: [{address: ann@example.com, locale: de_DE}]\n")
    assert "host    a…@example.com  de_DE\n" in told(capsys, company, "list")
    assert "sent no more of host" in told(capsys, company, "unsubscribe", "ANN@example.com", "--personas", "host")
    assert "unsubscribed by hand, 20" in told(capsys, company, "list")
    assert "a…@" not in told(capsys, company, "list", "--personas", "skipper")
    told(capsys, company, "restore", "ann@example.com")
    assert "unsubscribed" not in told(capsys, company, "list")
    said = told(capsys, company, "unsubscribe", "an@example.com")
    assert "any report" in said and "No list holds this address" in said
    assert "Did you mean 'host'" in told(
        capsys, company, "unsubscribe", "ann@example.com", "--personas", "hots", code=2
    )
    assert "none that mail can carry" in told(capsys, company, "unsubscribe", "Ann", code=2)


@pytest.mark.parametrize(
    "words",
    [("import", "x.csv"), ("remove", "ann@example.com"), ("add", "ann@example.com", "--personas", "host")],
)
def test_lists_in_files_are_changed_there(
    company: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """One sentence says where."""
    assert "personas/<id>.yml" in told(capsys, company, *words, code=2)


def test_a_table_is_kept_from_the_command_line(
    client: Any, company: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made, filled, shown and changed; when it is named the files' lists count no more."""
    for name, value in {"AWS_ENDPOINT_URL": client.meta.endpoint_url, "AWS_ACCESS_KEY_ID": "testing",
                        "AWS_SECRET_ACCESS_KEY": "testing", "SES_REGION": "eu-west-1",
                        "RECIPIENTS_TABLE": "people-cli"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    (company / "personas/host.yml").open("a").write("recipients: [{address: cy@example.com}]\n")
    (company / "personas/skipper.yml").open("a").write("each: entities\n")
    assert "Make it with `quarterdeck tables`" in told(capsys, company, "list", code=2)
    monkeypatch.setenv("LEDGER_TABLE", "ledger-cli")
    for said in ("people-cli is made", "people-cli was there"):
        assert main(["tables", "--project", str(company)]) == 0 and said in capsys.readouterr().out
    left = client.describe_time_to_live(TableName="ledger-cli")["TimeToLiveDescription"]
    assert (left["TimeToLiveStatus"], left["AttributeName"]) == ("ENABLED", "expires")
    told(capsys, company, "add", "ann@example.com", "--personas", "host skipper", "--name", "Ann", "--locale", "de_DE")
    wrong = ("add", "ann@example.com", "--personas", "host", "--time-zone", "Mars")
    assert "recipients add, time_zone: 'Mars' is no time zone" in told(capsys, company, *wrong, code=2)
    for personas, subject, wrong in (
        ("*", "", "has no persona '*'"),
        ("host", "ferry", "recipients add: subject 'ferry' goes with each:, which host lacks"),
        ("skipper", "fery", "recipients add: subject 'fery' is no row of entities. Did you mean 'ferry'"),
    ):
        said = ("add", "ann@example.com", "--personas", personas, "--subject", subject)
        assert wrong in told(capsys, company, *said, code=2)
    (company / "people.csv").write_text("address,persona\nben@example.com,host\n", "utf-8")
    assert "imported: 1." in told(capsys, company, "import", str(company / "people.csv"))
    told(capsys, company, "unsubscribe", "ann@example.com")
    lines = told(capsys, company, "list").splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [
        ["host", "a…@example.com"], ["host", "b…@example.com"], ["skipper", "a…@example.com"],
    ]  # fmt: skip
    assert [("unsubscribed by hand" in line) for line in lines] == [True, False, True]
    assert "taken off: 2." in told(capsys, company, "remove", "ann@example.com")
    assert "b…@" in told(capsys, company, "list")
