"""What people are answered, in their language. GSM-7 characters where the language allows it; `{store}` is its name.

Greek is written in the capitals that GSM-7 has: one part instead of two.
"""

from typing import Final, NamedTuple


class Answers(NamedTuple):
    """After an opt-out, after an opt-in, and on HELP."""

    stop: str
    start: str
    help: str


# fmt: off
ANSWERS: Final[dict[str, Answers]] = {
    "en": Answers(
        "{store}: you will get no more messages from us. To come back reply START.",
        "{store}: welcome back, you will get our messages. To end them reply STOP.",
        "{store}: reply STOP to get no more messages from us.",
    ),
    "el": Answers(
        "{store}: ΔEN ΘA ΛABETE AΛΛA MHNYMATA. ΓIA EΠANEΓΓPAΦH: START",
        "{store}: ΘA ΛAMBANETE TA MHNYMATA MAΣ. ΓIA ΔIAΓPAΦH: STOP",
        "{store}: ΓIA NA MH ΛAMBANETE MHNYMATA AΠANTHΣTE STOP",
    ),
    "de": Answers(
        "{store}: Sie erhalten keine Nachrichten mehr. Wieder anmelden: START",
        "{store}: Sie erhalten unsere Nachrichten. Abmelden: STOP",
        "{store}: Antworten Sie STOP, um keine Nachrichten mehr zu erhalten.",
    ),
    "fr": Answers(
        "{store} : vous ne recevrez plus de messages. Pour revenir : START",
        "{store} : vous recevrez nos messages. Pour ne plus en recevoir : STOP",
        "{store} : répondez STOP pour ne plus recevoir de messages.",
    ),
    "es": Answers(
        "{store}: no recibira mas mensajes. Para volver: START",
        "{store}: recibira nuestros mensajes. Baja: STOP",
        "{store}: responda STOP para no recibir mas mensajes.",
    ),
    "it": Answers(
        "{store}: non riceverai altri messaggi. Per tornare: START",
        "{store}: riceverai i nostri messaggi. Per cancellarti: STOP",
        "{store}: rispondi STOP per non ricevere altri messaggi.",
    ),
    "pt": Answers(
        "{store}: nao vai receber mais mensagens. Para voltar: START",
        "{store}: vai receber as nossas mensagens. Para sair: STOP",
        "{store}: responda STOP para nao receber mais mensagens.",
    ),
    "nl": Answers(
        "{store}: u ontvangt geen berichten meer. Weer aanmelden: START",
        "{store}: u ontvangt onze berichten. Afmelden: STOP",
        "{store}: antwoord STOP om geen berichten meer te ontvangen.",
    ),
    "pl": Answers(
        "{store}: nie otrzymasz juz wiadomosci. Aby wrocic: START",
        "{store}: bedziesz otrzymywac nasze wiadomosci. Rezygnacja: STOP",
        "{store}: odpisz STOP, aby nie otrzymywac wiadomosci.",
    ),
    "ro": Answers(
        "{store}: nu veti mai primi mesaje. Pentru a reveni: START",
        "{store}: veti primi mesajele noastre. Dezabonare: STOP",
        "{store}: raspundeti STOP pentru a nu mai primi mesaje.",
    ),
    "bg": Answers(
        "{store}: няма да получавате съобщения. За връщане: START",
        "{store}: ще получавате нашите съобщения. Отказ: STOP",
        "{store}: отговорете STOP, за да не получавате съобщения.",
    ),
    "tr": Answers(
        "{store}: artik mesaj almayacaksiniz. Geri donmek icin: START",
        "{store}: mesajlarimizi alacaksiniz. Cikmak icin: STOP",
        "{store}: mesaj almamak icin STOP yazin.",
    ),
    "sq": Answers(
        "{store}: nuk do te merrni me mesazhe. Per t'u kthyer: START",
        "{store}: do te merrni mesazhet tona. Cregjistrimi: STOP",
        "{store}: pergjigjuni STOP per te mos marre mesazhe.",
    ),
    "sr": Answers(
        "{store}: vise necete dobijati poruke. Za povratak: START",
        "{store}: dobijacete nase poruke. Odjava: STOP",
        "{store}: odgovorite STOP da ne biste dobijali poruke.",
    ),
}
# fmt: on
NAME_MAX: Final = 40  # characters of a store's name in an answer: it is to stay one part


def answer_text(kind: str, *, language: str, store: str) -> str:
    """The answer of a kind (stop, start, join, help) in a language, in English when we have none. No placeholders."""
    texts = ANSWERS.get(language, ANSWERS["en"])
    name = store.replace("{", "").replace("}", "")[:NAME_MAX].strip()
    return str(getattr(texts, "start" if kind == "join" else kind)).replace("{store}", name)
