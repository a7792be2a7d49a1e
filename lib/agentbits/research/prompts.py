"""What are the models of Deep Research told? Three stages, and pages that are shown as data (`search.quoting`).

Notes are shown as the pages are: a note repeats what others wrote.
"""

from agentbits.prompts import Template
from agentbits.search import RULE

PLAN = Template(
    name="plan",
    system="You plan research, in JSON and nothing else.",
    context="Task: {task}",
    question='\n\nPlan the search for it. Return an object with "steps", a list of exactly {n} objects, each with two '
    'strings: "query", what to type into a search box, and "sub_task", what to find out on the pages that it brings. '
    "Let no two of them ask for the same.",
)
COMPRESS_PAGE = Template(
    name="compress-page",
    system=f"You write short notes about pages. {RULE}",
    context="{page}",
    question="\n\nFor a report we want to know:\n{sub_tasks}\nWrite down in a few sentences what the page says about "
    "it, each number with its unit and year. Add nothing. If the page says nothing about it, write only: nothing",
)
_REPORT = (
    "\n\nTask: {task}\n\nWrite the report, in Markdown. Behind each statement put the number of the page that it rests "
    "on in square brackets, such as [2], and state nothing that none of them says. Say what could not be found out. "
    "Write no list of sources; it is added."
)
REPORT = Template(
    name="report",
    system=f"You write reports. {RULE} Of each page you have a note, in place of its text.",
    context="{pages}",
    question=_REPORT,
)
REPORT_BASELINE = Template(
    name="report-baseline", system=f"You write reports. {RULE}", context="{pages}", question=_REPORT
)
TEMPLATES = {found.name: found for found in (PLAN, COMPRESS_PAGE, REPORT, REPORT_BASELINE)}
