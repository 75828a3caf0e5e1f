import pytest

from causeway.rules.tool_relevance import RELEVANT, Relevance, ToolDescription, stems

WEATHER = ToolDescription("get_weather", "Get the current weather for a place", ("location The city",))
SALES = ToolDescription("query_daily_sales_report", "Retrieves sales volumes for a day", ("day",))
EMAIL = ToolDescription("sendEmail", "Send an email", ("to", "body"))
ADD = ToolDescription("add", "Adds two numbers", ("a", "b"))
MULTIPLY = ToolDescription("multiply", "Multiplies two numbers", ("a", "b"))
TOOLS = (WEATHER, SALES, EMAIL, ADD, MULTIPLY)


def relevance(question: str, tools: tuple[ToolDescription, ...]) -> list[float]:
    return Relevance(tools).scores(question)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What's the weather in Madrid?", WEATHER),
        ("Is it going to rain in Oslo?", WEATHER),
        ("Show me the sales report for Monday.", SALES),
        ("Write an e-mail to Bob", EMAIL),
        ("What is 17 plus 25?", ADD),
        ("17 + 25", ADD),
        ("what is 3*4", MULTIPLY),
    ],
)
def test_the_tool_that_is_meant_scores_best(question: str, meant: ToolDescription) -> None:
    scores = relevance(question, TOOLS)
    assert scores[TOOLS.index(meant)] == max(scores) >= RELEVANT


@pytest.mark.parametrize(
    "question", ["Hello!", "What is the capital of France?", "Tell me a joke.", "Thanks", "", "Who are you?"]
)
def test_small_talk_and_knowledge_are_for_no_tool(question: str) -> None:
    assert max(relevance(question, TOOLS)) < RELEVANT


def test_words_that_every_tool_has_tell_little() -> None:
    alone = relevance("sales", (SALES,))[0]
    others = tuple(ToolDescription(f"sales_{name}", "", ()) for name in ("north", "south", "west"))
    assert relevance("sales", (SALES, *others))[0] < alone


def test_names_are_split_as_they_are_written() -> None:
    assert stems("get_daily_report") == stems("getDailyReport") == stems("get daily reports")


def test_no_tools_have_no_scores() -> None:
    assert relevance("weather", ()) == []
