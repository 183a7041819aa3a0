"""Sentences that most likely ask for no more messages, by language, and what makes a short one mean something else.

Plain Python. Patterns are looked for in the folded words of a text, joined by blanks; `_` stands for up to three words
between. They ask for a verb of sending or a list, with a no, addressed to us: the word "stop" in a sentence is not
enough. Greek, Bulgarian and Serbian are found in Latin letters as well (keywords.SCRIPTS).
"""

from typing import Final

# fmt: off
LIKELY: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        r"(?:\b(?:can|could|would|will) you (?:please |pls |kindly )?|(?<!you )(?<!why )(?<!they )(?<!we )"
        r"(?<!who )(?<!he )"
        r"(?<!if )(?<!cant )(?<!wont )(?<!cannot )(?<!couldnt )(?<!never )(?<!not )(?<!just )(?<!friends )"
        r"(?<!friend )\b)"
        r"(?:do not|dont|never|stop|quit|cease|no longer)(?: ever| you)? "
        r"(?:text|messag|sms|contact|spam|writ|bother|harass|disturb|ping)\w* (?:me|us|my number|this number|people)\b",
        r"(?:^|(?<!why did you )(?<!cant )(?<!wont )(?<!not )(?<!never ))\b(?:do not|dont|stop|quit|cease)_ "
        r"(?:send|sending)(?: (?:me|us|out|all|any|of|the|these|this|those|your|so|many|more|promotional|"
        r"marketing)){1,4} "
        r"(?:texts?|messages?|sms|msgs?|ads?|offers?|promos?|promotions?|spam|marketing|adverts?|stuff|things)\b",
        r"\b(?:do not|dont|stop) send(?:ing)? me any more(?: of (?:these|this|those))?(?: please)?$",
        r"(?<!did you )(?<!cant )(?<!wont )(?<!not )(?<!not to )(?<!never )\b(?:stop|quit) "
        r"(?:texting|messaging|spamming|contacting)(?: please| pls| now| already| people| this number)?$",
        r"\bno more (?:offers|promos|promotions|adverts)(?: please| pls| from you| thanks)+$"
        r"|\b(?:leave|keep) me (?:off|out of) (?:your|the|this)\b",
        r"^(?:please |pls )?(?:stop|quit) sending (?:me|us) (?:these|this|those|anything|stuff)\b",
        r"\b(?:no more|enough|stop|stop with|enough of|enough with) (?:all )?(?:of )?(?:the |these |those |your |"
        r"this )?"
        r"(?:spam|annoying |marketing |promo |promotional )?(?:texts?|messages?|sms|msgs?|spam|ads|marketing)\b"
        r"(?! (?:bug|about my order))",
        r"\b(?:take|remove|delete|drop|cross|strike|get) (?:me|us|my (?:phone |cell |mobile )?(?:number|name|"
        r"contact|data|details)"
        r"|this (?:phone )?number|this phone)\b(?:(?: please| pls| now)?$|_ (?:off|from|out)\b(?! (?:work|school|"
        r"guard|balance)))",
        r"(?<!did not )(?<!didnt )(?<!never )(?<!not )(?<!dont )(?<!to not )\bunsubscrib(?:e|ing)\b",
        r"(?<!did not )(?<!didnt )(?<!never )(?<!not )(?<!dont )\bopt(?:ing)? (?:me |us |this number )?out\b",
        r"\b(?:dont|do not|no longer|not) (?:want|wish)(?:ing)? (?:to )?(?:get |receive |hear |be )?(?:any |any more |"
        r"anymore |more |these |those "
        r"|your |the )*(?:texts?|messages?|sms|msgs?|spam|ads|promotions?|from you|contacted|texted|messaged)\b",
        r"\b(?:leave me alone|lose my number|erase my number|forget my number)\b",
        r"^(?:sorry |hi |hello )?(?:you (?:have|got) )?(?:the )?wrong (?:number|person)(?: please)?(?: stop\w*)?$",
        r"\bcancel (?:my |the |this |these |all )?(?:sms|text|texts|messages?|subscription|notifications?)\b",
        r"\bi (?:want|would like|wish|need) (?:to be )?(?:out of|off|removed from|deleted from) (?:this|your|the) "
        r"(?:\w+ )?(?:lists?|system|database|messages|texts|sms|group|distribution)\b",
        r"\bdo not (?:text|contact|message)$|\bnever text(?: me)? again\b",
    ),
    "el": (
        r"\bμη[ν]? (?:μου |μασ |με |μ )?(?:ξανα ?)(?:στελν|στειλ|γραψ|γραφ|ενοχλ)\w*",
        r"\bμη[ν]? (?:μου |μασ )(?:στελν|στειλ|γραφ)\w*_ (?:μηνυμα\w*|sms|διαφημισ\w*|αλλα|αλλο|πια|τιποτα)\b",
        r"\bμη[ν]? (?:με|μασ) (?:ενοχλ|ξαναενοχλ)\w*",
        r"\bδεν (?:θελω|επιθυμω|θελουμε|ενδιαφερομαι να)_ (?:μηνυμα\w*|sms|διαφημισ\w*|λαμβανω|παιρνω|στελνετε|"
        r"στελνεισ)\b",
        r"\b(?:διαγραψ|διεγραψ|βγαλ|σβησ|αφαιρε)\w* (?:με|μασ|τον αριθμο|το κινητο|το νουμερο|το τηλεφωνο|"
        r"απο τη λιστα)\b",
        r"\bνα με (?:διαγραψ|βγαλ|σβησ|αφαιρε)\w*",
        r"\b(?:θελω|επιθυμω|παρακαλω|ζητω)_ (?:διαγραφη|να διαγραφω|να απεγγραφω|"
        r"να βγω απο τη λιστα)(?: μου)?(?: απο_)?(?: λιστα| sms|"
        r" μηνυματα)?$",
        r"\bσταμα\w+ (?:πια |επιτελουσ )?(?:τα |αυτα τα )?(?:μηνυμα\w*|sms|διαφημισ\w*|να (?:μου|μασ|με)|"
        r"με τα μηνυμα\w*|μου στελν\w*)",
        r"\b(?:οχι αλλα|φτανουν τα|φτανει με τα|αρκετα με τα|τελοσ τα) (?:πια )?(?:μηνυμα\w*|sms)",
        r"\b(?:αστε|αφηστε|ασε) με ησυχ\w+|\bαπεγγραφη (?:απο|μου)|\bδιαγραφη (?:μου|του αριθμου|απο (?:τη )?λιστα)",
    ),
    "de": (
        r"\bnie wieder (?:sms|nachrichten|werbung)\b",
        r"\bkeine?n?_ (?:sms|nachrichten|werbung|mitteilungen|werbe\w+|texte|angebote) (?:mehr|von euch|von ihnen|"
        r"an mich|schicken|senden"
        r"|zusenden)\b",
        r"\bstopp\w* (?:sie |bitte )*(?:die|mit den|mit|diese) (?:\w+ )?(?:sms|nachrichten|werbung)\b",
        r"\b(?:schicken|schickt|schick|senden|sendet|schreiben|schreibt|schreib) (?:sie |ihr |bitte )*(?:mir|mich|"
        r"uns) (?:bitte )?"
        r"(?:keine\w*|nicht mehr|nichts mehr|nie wieder)(?! rechnung)",
        r"\b(?:mir|mich|uns)_ (?:nicht mehr|nichts mehr|nie wieder|nie mehr) (?:sms |an)?(?:schreiben|anschreiben|"
        r"kontaktieren|schicken|senden|simsen|texten)",
        r"\b(?:loschen|loscht|losche|loesch\w+|entfern\w+|streich\w+|nehm\w+|nimm) (?:sie |bitte )*(?:mich|uns|"
        r"meine (?:\w+ )?(?:\w*nummer|daten))\b",
        r"\b(?:mich|meine (?:\w*nummer|daten)) (?:bitte |sofort |endlich )*(?:abmelden|austragen|loschen|loeschen|"
        r"entfernen|streichen)$",
        r"\b(?:sms|newsletter|verteiler|liste|werbung|nachrichten)\b_ (?:abmelden|abbestellen|kundigen|austragen|"
        r"loschen|entfernen|streichen|nehmen)\b",
        r"\b(?:in ruhe lassen|lass\w* (?:sie )?mich in ruhe|aus (?:dem|eurem|ihrem) verteiler|von (?:der|eurer|"
        r"ihrer) liste (?:nehmen|streichen))\b",
        r"\bhor\w* (?:bitte |sie )*auf (?:mir|mich|mit|zu)\b|\baufhoren_ (?:sms|nachrichten|schreiben)",
        r"\b(?:mochte|will|wunsche) (?:bitte )?keine\w*_ (?:sms|nachrichten|werbung|angebote)\b",
    ),
    "fr": (
        r"\bne (?:me |m|nous )?(?:envoy|ecriv|contact|derang|texto)\w* (?:jamais |surtout )?plus\b",
        r"\bne plus (?:me |m|nous |jamais )*(?:envoy|ecri|contact|recev|derang)\w*",
        r"\bplus (?:de|aucun|dautres) (?:sms|messages?|textos?|pub\w*|spam)\b(?! de la)",
        r"\b(?:arret|cess|stopp)(?:ez|er|e)(?: (?:de|vos|les|ces|tous|m|me|svp|avec)){0,3} (?:sms|messages?|"
        r"textos?|pubs?|publicites?|spams?|m?envo\w+|mecrire"
        r"|menvoyer|ecrire|me contacter|mennuyer|membeter)",
        r"(?<!pas me )(?<!suis pas )(?<!pas )\b(?:desabonnez|desabonne|desinscrivez|desinscrire|"
        r"desabonner)\b_(?: moi|$| de| des| svp)",
        r"\b(?:retirez|enlevez|supprimez|effacez|rayez|retirer|supprimer|enlever) (?:moi|mon (?:numero|nom)|"
        r"mes (?:coordonnees|donnees))\b",
        r"\b(?:laissez|foutez) moi (?:tranquille|la paix)|\bje ne (?:veux|souhaite|desire) (?:plus|pas)_ (?:sms|"
        r"messages?|pub\w*|textos?|contacte|recevoir)",
        r"\bje (?:veux|souhaite|voudrais) me (?:desabonner|desinscrire)",
    ),
    "es": (
        r"\b(?:no|nunca) (?:me |nos )?(?:\w+ )?(?:envi|mand|escrib|contact|molest)\w*(?: (?:nunca|por favor|"
        r"ningun))? (?:mas|nunca mas|publicidad|sms|mensajes)\b",
        r"\b(?:no|ya no) (?:quiero|deseo)_ (?:mas )?(?:mensajes|sms|publicidad|ofertas|recibir nada)\b",
        r"\bdej\w+ de (?:enviar|mandar|escribir|molestar|contactar)\w*",
        r"\b(?:borr|elimin|quit|saq|sac|suprim)\w* (?:me|mi (?:numero|telefono|movil)|mis datos)\b|\b(?:borradme|"
        r"borrenme|borreme|eliminadme|eliminenme|quitadme"
        r"|quitenme|saquenme|sacadme|sacame|quitame|borrame|eliminame)\b|\bme (?:borren|eliminen|quiten|"
        r"saquen)(?: de_)? (?:lista|base)\b",
        r"\b(?:da[dr]?|den|dad|de)me de baja\b|\bquiero (?:la |darme de |dar de )?baja\b|\bdar de baja (?:mi|"
        r"este) (?:numero|telefono|movil)",
        r"\b(?:no mas|basta de|basta ya de) (?:mensajes|sms|publicidad|spam)\b|\bdejad?(?:me|enme)? en paz\b|"
        r"\bdejenme en paz\b|\bdejame en paz\b",
    ),
    "it": (
        r"\bnon (?:mi |ci )?(?:\w+ )?(?:invi|mand|scriv|contatt|disturb|spedi)\w*(?: altri| mai| questi)? piu\b",
        r"\bnon (?:voglio|desidero|intendo|vorrei) (?:piu )?(?:essere contattat\w|ricevere)_(?: sms| messaggi|"
        r" pubblicita| offerte| nulla| niente|$)",
        r"\b(?:basta|niente piu|stop) (?:con |a |ai )?(?:questi |i |gli )?(?:sms|messaggi|pubblicita|spam)\b",
        r"\bsmett\w+ di (?:mandar|inviar|scriver|contattar|disturbar)\w*",
        r"\b(?:cancellatemi|toglietemi|rimuovetemi|toglimi|eliminatemi|rimuovimi|cancellami|disiscriv\w+)\b",
        r"\b(?:cancell|elimin|rimuov|togli)\w* (?:il mio (?:numero|nominativo)|i miei dati)\b",
        r"\bnon (?:scrivetemi|inviatemi|mandatemi|contattatemi)_ ?(?:piu|sms|messaggi|pubblicita|altro)?\b|"
        r"\blasciatemi in pace\b",
    ),
    "pt": (
        r"\bnao (?:me |nos )?(?:\w+ )?(?:envi|mand|escrev|contact|incomod)\w*(?: me)?(?: mais)? (?:mais|mensagens|"
        r"sms|publicidade)\b",
        r"\bnao (?:quero|desejo|pretendo) (?:mais )?(?:receber|mensagens|sms|ser contactad\w)_",
        r"\b(?:par[ea]|parem|deixem|deixe) de (?:me )?(?:enviar|mandar|escrever|contactar|chatear|incomodar)",
        r"\b(?:remov|retir|tir|apag|elimin|exclu)\w* (?:me|o meu numero|meu numero|os meus dados|meus dados)\b",
        r"\bcancel\w+ (?:a )?(?:minha )?(?:inscricao|subscricao|os sms|as mensagens|o envio)\b|\bchega de (?:sms|"
        r"mensagens|publicidade)|\bdeixe?m? me em paz\b",
        r"\bquero (?:sair|cancelar)_ (?:lista|sms|mensagens)\b",
    ),
    "nl": (
        r"\bgeen_ (?:sms\w*|bericht\w*|reclame|aanbiedingen|appjes) (?:meer|sturen|van jullie|ontvangen|krijgen|"
        r"te sturen)\b",
        r"\b(?:stop|stoppen|ophouden) (?:eens |nu |a?u?b )*(?:met|de|die|deze)_ (?:sms\w*|bericht\w*|sturen|"
        r"reclame|spam|appen)\b",
        r"\b(?:mij|me|ons) (?:niet|nooit|niks) meer (?:\w+ )?(?:sms\w*|bericht\w*|appen|sturen|benaderen|"
        r"contacteren|lastig)",
        r"\b(?:haal|verwijder|schrap|schrijf|meld|wis|gooi) (?:mij|me|mijn (?:nummer|gegevens))_ ?(?:uit|af|van|"
        r"eruit|alsjeblieft|aub)?\b",
        r"\b(?:mij|me) (?:graag )?(?:uitschrijven|afmelden)(?! voor de (?:les|cursus))|\b(?:uitschrijven|"
        r"afmelden) (?:voor|van|uit)_ (?:sms\w*|berichten|lijst)\b",
        r"\b(?:mij|me)_ (?:van de lijst|uit (?:het|uw|jullie|de) (?:bestand|lijst))|\blaat me met rust\b|"
        r"\bwil geen_ (?:sms\w*|bericht\w*|reclame)\b",
    ),
    "pl": (
        r"\b(?:nie|prosze nie) (?:\w+ )?(?:wysyl|pis|przysyl|kontakt|nekaj|spam)\w*_ (?:wiecej|juz|sms\w*|"
        r"wiadomosci|do mnie|mi)\b",
        r"\b(?:wiecej|juz) (?:do mnie |mi )?nie (?:pisz|wysyl|przysyl|dzwon)\w*",
        r"\bnie (?:chce|zycze sobie|chcialbym|wyrazam zgody na) (?:\w+ ){0,3}?(?:sms\w*|wiadomosci|reklam\w*)\b",
        r"\b(?:usun|wypisz|wykresl|skresl)\w* (?:mnie|moj numer|moje dane|ten numer)\b",
        r"\b(?:przestan\w*|prosze przestac) (?:do mnie |mi )?(?:pisac|wysylac|spamowac|nekac)",
        r"\b(?:dosc|koniec z)_ (?:sms\w*|wiadomosci\w*|spamu|spamem)\b|\brezygnuje z (?:sms\w*|wiadomosci|"
        r"newslettera|subskrypcji|powiadomien)",
        r"\bdajcie mi spokoj\b",
    ),
    "ro": (
        r"\b(?:nu|sa nu) (?:imi |mi |ma |ne )?(?:mai )(?:trimit|scri|contact|deranj)\w*|\bnu (?:imi|mi|"
        r"ma) mai (?:trimit|scri|contact|deranj)\w*",
        r"\bnu (?:mai )?(?:vreau|doresc) (?:sa )?(?:mai )?(?:primesc )?(?:alte )?(?:mesaj\w*|sms\w*|reclam\w*|"
        r"sa primesc)",
        r"\b(?:sterge|stergeti|scoate|scoateti|eliminati) (?:ma|mi (?:numarul|datele)|numarul (?:meu)?|"
        r"datele mele)\b|\bdezabon(?:ati|eaza|are) (?:ma|de la)",
        r"\b(?:opri\w+|incetati|gata)(?: va)?(?: cu)? (?:mesajele|sms\w*|trimiterea|sa mi)|\blasati ma in pace\b|"
        r"\bvreau sa ma dezabonez\b",
    ),
    "bg": (
        r"\bне (?:ми |ме |ни )(?:пращ|изпращ|пиш|търс|безпоко)\w*(?: повече)?_ ?(?:повече|съобщения|смс|sms|"
        r"реклам\w*)?$",
        r"\b(?:повече )не (?:ми|ме) (?:пращ|изпращ|пиш|търс|безпоко)\w*|\bне (?:искам|желая)_ (?:повече|съобщения|"
        r"смс|sms|реклам\w*)\b",
        r"\b(?:спрете|стига|спри) (?:да (?:ми|ме)|с|със|тези)?_ ?(?:съобщени\w*|смс\w*|sms|реклам\w*|пращате|"
        r"пишете|безпокоите)",
        r"\b(?:махнете|махни|изтриите|изтрии|отпишете|премахнете) (?:ме|номера|моя|ми)\b|\bоставете ме на мира\b|"
        r"\bискам да се отпиша\b",
    ),
    "tr": (
        r"\b(?:mesaj|sms|reklam)\w*_ (?:gonderm\w+|atm[ai]y?\w+|istem[ei]?\w*|yollam\w+|almak istem\w+|istemiyor\w*)",
        r"\b(?:beni|numarami|ismimi) (?:\w+ ){0,3}?(?:cikar|sil|kaldir)\w*|\baboneli\w+_ (?:iptal|sonlandir|bitir)\w*",
        r"\b(?:bir daha|artik) (?:bana )?(?:yazmay|mesaj atmay|mesaj gonderm|rahatsiz|sms)\w*|\brahatsiz etmey\w+|"
        r"\blisten\w* (?:cikmak|cikar|sil)\w*",
    ),
    "sq": (
        r"\bmos (?:me|na|mi) (?:\w+ )?(?:dergo|shkruani|shkruaj|kontakto|shqeteso|bezdis)\w*_ ?(?:me|mesazh\w*|sms)?",
        r"\bnuk (?:dua|deshiroj)_ (?:mesazh\w*|sms|reklama)\b|\b(?:hiqni|hiqme|fshini|fshime|largoni) (?:numrin|"
        r"emrin|nga lista|mua)\b|\bme (?:hiqni|fshini) nga\b",
        r"\b(?:ndaloni|ndalo|mjaft me|boll me)_ (?:mesazh\w*|sms|se derguari)|\bme lini rehat\b|"
        r"\bdua te cregjistrohem\b",
    ),
    "sr": (
        r"\b(?:не|немој|немојте)_ ?(?:шаљ|сла|пиши|писати|контактир|узнемирав)\w*_ (?:више|поруке|смс|sms|ништа)\b|"
        r"\bвише (?:ми )?не (?:шаљ|пиши|желим)\w*",
        r"\b(?:престаните|престани) (?:да|са|с)_ ?(?:шаљете|порукама|пишете|шаљеш|узнемиравате|смс)|"
        r"\bне желим_ (?:поруке|смс|sms|рекламе)\b",
        r"\b(?:обришите|избришите|уклоните|скините|одјавите|обриши) (?:ме|мој|број)\b|\bдоста (?:порука|смс|више)|"
        r"\bоставите ме на миру\b",
    ),
}
# Short texts (three words at most) with one of these words mean it, unless an idiom says otherwise.
BARE: Final = frozenset({
    "stop", "stopp", "unsubscribe", "στοπ", "стоп", "abmelden", "desabonner", "uitschrijven", "afmelden", "отпиши",
    "διαγραφη", "απεγγραφη", "dezabonare", "одјава", "odjava", "odjavi", "wypisz", "desinscription", "diagrafi",
    "diagrafh",
})
IDIOMS: Final = (
    r"\b(?:dont|do not|never|cant|cannot|wont|couldnt|didnt|doesnt|non|not|one|bus|pit|full|first|next|last|"
    r"tram|train|metro|taxi|quick|what|which|where|"
    r"your|my|the|a|this|that|to|did|ne|nu|nie|nicht|kein|non|will|can) stop\b",
    r"\bstop (?:by|in|at|over|motion|light|sign|watch|loss|shop|payment|order|press|and shop|or|en go|gap|cock|"
    r"staande|the order|number|nr|no|\d+)\b",
    r"\b(?:non ?stop|stop ?over|stopwatch|kurs|kursus|seminar|cursus)\b|\b(?:halte|haltestelle|arret de bus|σταση)\b",
    r"\b(?:not|dont|didnt|never|pas|nicht|μη|μην|δεν|no|not to) (?:unsubscribe|abmelden|desabonner|διαγραφη|"
    r"afmelden|uitschrijven|отпиши|odjava|odjavi)\b",
    r"\bδιαγραφη (?:παραγγελιασ|λογαριασμου|ραντεβου)|\b(?:termin|kurs|bestellung|les|cursus|"
    r"training) (?:abmelden|afmelden)\b",
)
# Said out of politeness, it changes nothing.
COURTESY: Final = (
    r"\b(?:sil (?:vous|te) plait|por favor|per favore|se faz favor|va rog|ju lutem|please|pls|plz|bitte|svp|"
    r"thanks|thank you|merci)\b"
)
# What telephones write under a text.
SIGNATURE: Final = (
    r" (?:sent from|sent with|gesendet von|von meinem \w+ gesendet|envoye de(?:puis)?|inviato da|enviado desde|"
    r"enviado do|"
    r"σταλθηκε απο|verzonden met|verzonden vanaf|wyslane z|trimis de pe|get outlook)\b.*$"
)
# fmt: on
