"""The words that act, by language, and the languages of countries. Plain Python; written folded (see `writing`).

Each row: stop, help, start, join, yes. What is in "" acts in every country; the rest where its language is spoken, so
that a Turkish `son` does not end an English conversation. Greek, Bulgarian and Serbian are written in their own letters
and found in Latin ones as well.
"""

from typing import Final, Literal, NamedTuple

Meaning = Literal["stop", "likely_stop", "help", "start", "join", "yes", "ordinary"]


class Row(NamedTuple):
    """Keywords of a language, separated by bars."""

    stop: str
    help: str
    start: str
    join: str
    yes: str


# fmt: off
KEYWORDS: Final[dict[str, Row]] = {
    "": Row(
        "stop|stopall|stop all|stop sms|sms stop|reply stop|text stop|send stop|unsubscribe|opt out|optout|arret|"
        "στοπ|стоп",
        "help|info|sos", "start|unstop", "join", "",
    ),
    "en": Row(
        "end|cancel|quit|revoke|unsub", "helpme|help me|support", "resume|resubscribe", "subscribe|sign up", "yes",
    ),
    "el": Row(
        "διαγραφη|απεγγραφη|σταματα|σταματηστε|τελοσ|ακυρωση|διαγραφη απο τη λιστα|διαγραψτε με",
        "βοηθεια|πληροφοριεσ", "εναρξη|επανεγγραφη|ξεκινα", "εγγραφη|συμμετοχη", "ναι",
    ),
    "de": Row(
        "stopp|abmelden|abmeldung|abbestellen|ende|austragen|kundigen|kuendigen|halt", "hilfe",
        "starten|wieder anmelden", "anmelden|anmeldung|mitmachen", "ja",
    ),
    "fr": Row(
        "arreter|arretez|stopper|desabonner|desabonnement|desinscription|desinscrire|fin|annuler|resilier",
        "aide|aidez moi", "reprendre|reabonner|demarrer", "inscription|sinscrire|abonner|rejoindre|minscrire", "oui",
    ),
    "es": Row(
        "baja|darme de baja|dar de baja|parar|pare|alto|detener|cancelar|fin", "ayuda",
        "alta|iniciar|reanudar|comenzar", "unirme|suscribir|suscribirme|apuntarme|inscribirme", "si",
    ),
    "it": Row(
        "basta|cancella|cancellami|cancellare|cancellazione|disiscrivi|disiscrivimi|ferma|fine|annulla|rimuovi|alt",
        "aiuto", "inizia|riprendi|riattiva", "iscrivi|iscrivimi|iscrizione|partecipa", "si",
    ),
    "pt": Row(
        "parar|pare|sair|cancelar|fim|remover|descadastrar|anular", "ajuda", "iniciar|comecar|retomar",
        "aderir|inscrever|cadastrar|participar", "sim",
    ),
    "nl": Row(
        "stoppen|afmelden|uitschrijven|einde|opzeggen|annuleren", "hulp", "hervatten|starten",
        "aanmelden|inschrijven|meedoen", "ja",
    ),
    "pl": Row(
        "koniec|wypisz|wypisz mnie|rezygnacja|rezygnuje|zakoncz|anuluj|zatrzymaj|usun mnie", "pomoc", "wznow|wznowic",
        "dolacz|zapisz|zapisz mnie", "tak",
    ),
    "ro": Row(
        "opreste|opriti|dezabonare|dezabonati|renunt|anulare|anuleaza|sfarsit", "ajutor", "porneste|reia|reabonare",
        "abonare|inscriere|inscrie", "da",
    ),
    "bg": Row(
        "спри|спрете|отказ|отпиши|отпиши ме|отпишете ме|край|прекрати", "помощ", "старт|възобнови",
        "запиши|запиши ме|абонирай|абонирай ме", "да",
    ),
    "tr": Row(
        "dur|durdur|iptal|cik|son|red|ret|abonelikten cik|abonelik iptal|iptal et", "yardim", "basla|baslat",
        "katil|abone ol|uye ol", "evet",
    ),
    "sq": Row(
        "ndalo|ndal|ndaloni|anulo|fund|cregjistrohu|cregjistrim|hiqmeni", "ndihme", "fillo|rifillo",
        "bashkohu|regjistrohu|abonohu", "po",
    ),
    "sr": Row(
        "прекини|престани|одјава|одјави|одјави ме|одјавите ме|откажи|крај|заустави", "помоћ", "старт|почни|настави",
        "пријава|пријави|пријави ме|придружи се", "да",
    ),
}
# fmt: on
# Greek letters as they are typed in Latin ones ("greeklish"); two letters that are one sound come first.
GREEK: Final = {
    "ου": "ou|u",
    "αι": "ai|e",
    "ει": "ei|i",
    "οι": "oi|i",
    "ευ": "ev|ef|eu|ey",
    "αυ": "av|af|au|ay",
    "μπ": "mp|b",
    "ντ": "nt|d",
    "γγ": "gg|ng|g",
    "γκ": "gk|g",
    "α": "a",
    "β": "v|b",
    "γ": "g",
    "δ": "d",
    "ε": "e",
    "ζ": "z",
    "η": "i|h",
    "θ": "th|8|9",
    "ι": "i",
    "κ": "k",
    "λ": "l",
    "μ": "m",
    "ν": "n",
    "ξ": "x|ks|3",
    "ο": "o",
    "π": "p",
    "ρ": "r",
    "σ": "s",
    "τ": "t",
    "υ": "y|u|i",
    "φ": "f|ph",
    "χ": "x|h|ch",
    "ψ": "ps",
    "ω": "w|o",
}  # fmt: skip
BULGARIAN: Final = {
    "а": "a", "б": "b", "в": "v|w", "г": "g", "д": "d", "е": "e", "ж": "zh|j|z", "з": "z", "и": "i|y|j", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h|x",
    "ц": "c|ts", "ч": "ch|4", "ш": "sh|6", "щ": "sht|6t", "ъ": "a|u|y", "ь": "y|j", "ю": "yu|iu|u", "я": "ya|ia|q",
}  # fmt: skip
SERBIAN: Final = {
    **{letter: BULGARIAN[letter].split("|")[0] for letter in "абвгдезклмнопрстуфхц"}, "и": "i", "ј": "j", "ж": "z|zh",
    "ч": "c|ch", "ћ": "c|ch", "ш": "s|sh", "ђ": "d|dj", "љ": "lj", "њ": "nj", "џ": "dz",
}  # fmt: skip
SCRIPTS: Final = {"el": GREEK, "bg": BULGARIAN, "sr": SERBIAN}

_SPANISH: Final = "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE"
_SPOKEN: Final = {
    "": "AU GB IE IM JE GG GI NZ US ZA", "el": "GR", "el tr": "CY", "de": "AT DE LI", "de fr it": "CH",
    "fr": "CA FR MC",
    "fr nl de": "BE", "fr de": "LU", "es": _SPANISH, "es fr": "AD", "it": "IT SM VA", "pt": "AO BR CV MZ PT",
    "nl": "NL SR", "pl": "PL", "ro": "MD RO", "bg": "BG", "tr": "TR", "sq": "AL", "sq sr": "ME XK", "sr": "BA HR RS SI",
    "sq bg sr": "MK", "it en": "MT",
}  # fmt: skip
_COUNTRIES: Final = {
    country: frozenset({"en", *languages.split()})
    for languages, countries in _SPOKEN.items()
    for country in countries.split()
}
ALL: Final = frozenset(language for language in KEYWORDS if language)


def languages_of(*countries: str) -> frozenset[str]:
    """Languages whose keywords act in these countries (ISO 3166 codes), English among them.

    Of a country that is not in the table: all, since a STOP that is not heard is worse than a stray word that acts.
    """
    return frozenset().union(*(_COUNTRIES.get(country, ALL) for country in countries)) if countries else ALL
