# ruff: noqa: SIM905  # word lists read best as text
"""Word tables for comparing a claim with its source, in English, German, French and Spanish.

Data and nothing else: no table decides by itself whether a source supports a claim. Words stand as
`words.fold` leaves them: lower case, without diacritics. A table holds what occurs in plain factual
prose; a word that is missing costs a citation and never makes a wrong one.
"""

# Words that carry no claim. Negators are here too: polarity is read from the text, not from overlap.
STOPWORDS = frozenset(
    """
    a about according all also am an and any are as at be because been being both but by can could
    did do does doing done each either else for from get gets getting got had has have having he her
    here hers him his how i if in into is it its itself just let may me might more most must my of
    off on one or other our out over own per please same shall she should since so some such
    than that the their them then there these they this those through thus to too under until up upon
    us very was we were what when where whereas whether which while who whom whose why will with
    within would yes you your yours able between around approximately nearly roughly almost however therefore
    true document documents source sources not no never cannot without neither nor none false use used
    aber alle als also am an auch auf aus bei beim bis bist da damit dann das dass dem den denn der
    des deren dessen die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem
    einen einer eines er es euch fur gegen hat hatte haben hier ich ihm ihn ihr ihre ihrem ihren
    ihrer im ins ist ja jede jeden jeder jedes kann konnen man mehr mein mit muss mussen nach noch
    nun nur ob oder ohne sehr sein seine seinem seinen seiner seit sich sie sind so sowie uber um und
    uns unter vom von vor war waren was weil welche welcher wenn wer werden wie wir wird wo wurde
    wurden zu zum zur darf durfen soll sollen wann etwa rund zwischen nicht kein keine keinen nie
    ihnen jahr betragt
    au aux avec ce ces cet cette chez comme dans de des du elle elles en est et etait ete etre
    il ils je la le les leur leurs lui ma mais meme mes mon ne nos notre nous on ou par pas
    peut peuvent plus pour qu que quel quelle quels quelles qui sa se ses si son sont sous sur ta te
    tes tous tout toute toutes tu un une vos votre vous y avez avoir ont doit doivent environ entre combien
    al algo como con cual cuando cuanto del desde donde el ella ellas ello ellos ese eso esta estas
    este esto estos fue fueron ha hay han hasta las lo los mas me mi muy nos o para pero por puede
    pueden que quien se ser si sin sobre son su sus tambien te tiene tienen todo todos un una uno y ya
    """.split()
)

NEGATORS = frozenset(
    """
    not no never cannot without neither nor none nobody nothing nowhere hardly false non unable fails
    fail failed lack lacks lacked lacking
    nicht nichts nie niemals niemand kein keine keinen keinem keiner keines weder ohne
    pas jamais aucun aucune rien ni sans nunca jamas ningun ninguna ninguno nada tampoco sin nao
    """.split()
)

# Phrases that contain a negator and negate nothing.
HARMLESS_NEGATION = (
    r"not only|not just|no more than|no less than|no later than|no fewer than|no doubt|no\.? ?(?=\d)"
    r"|nicht nur|nicht mehr als|nicht weniger als|non seulement|pas seulement|no s[oó]lo|no solamente"
    r"|かもしれな|かもしれませ|なければなら?な|なければなりませ|なくてはなら?な|なくてはなりませ|不仅|不只|不但"
)

IRREGULAR = {
    form: base
    for base, forms in {
        "build": "built", "write": "wrote written", "make": "made", "sell": "sold sale", "buy": "bought",
        "begin": "began begun", "win": "won", "lose": "lost loss", "hold": "held", "lead": "led leader",
        "leave": "left", "pay": "paid", "send": "sent", "spend": "spent", "keep": "kept",
        "teach": "taught", "rise": "rose risen", "fall": "fell fallen", "grow": "grew grown growth",
        "take": "took taken", "give": "gave given", "know": "knew known", "come": "came", "run": "ran",
        "become": "became", "speak": "spoke spoken", "choose": "chose chosen", "draw": "drew drawn",
        "drive": "drove driven", "fly": "flew flown flies flight", "break": "broke broken",
        "child": "children", "person": "people persons", "woman": "women", "man": "men", "life": "lives",
        "say": "said", "tell": "told", "meet": "met", "stand": "stood", "sit": "sat", "drink": "drank drunk",
        "eat": "ate eaten", "die": "died dies death", "weigh": "weight", "high": "height", "long": "length",
        "wide": "width", "deep": "depth", "hot": "heat", "strong": "strength",
        "steig": "stieg gestiegen", "sink": "sank gesunken sunk", "beginn": "begann begonnen",
        "steh": "stand gestanden", "blei": "blieb geblieben",
    }.items()
    for form in forms.split()
}  # fmt: skip

# Words that say the same of a thing; the first of a line stands for the others.
SYNONYMS = tuple(
    tuple(line.split())
    for line in """
    begin start commence launch
    end finish complete conclude
    buy purchase acquire acquisition takeover
    big large huge
    small little tiny
    build construct construction erect
    employ employee worker staff
    found establish founder
    live inhabit habitat
    locate situate lie
    allow permit authorise authorize
    forbid prohibit ban
    pay payment
    cost price
    return refund
    show display
    occur happen
    turn convert transform
    need require necessary
    remain stay
    way method
    reach attain
    film movie
    car automobile
    doctor physician
    year annual yearly annually
    day daily
    month monthly
    week weekly
    hour hourly
    chief ceo
    borrow lend
    produce manufacture
    exclusive only sole
    fast quick rapid
    rise increase grow
    fall decrease decline drop
    child kid
    erlaubt gestattet zulassig
    mitarbeiter beschaftigte angestellte
    grunden errichten
    kosten preis
    permis permises permise autorise autorisees autorisee
    fonde fondee cree creee
    fundado fundada creado creada
    billete boleto
    """.strip().splitlines()
)

# Of the words of one line, a thing is one at most: a claim with one is not supported by another.
EXCLUSIVE = tuple(
    tuple(group.split() for group in line.split("|"))
    for line in """
    rise increase grow up gain | fall decrease decline drop shrink down
    before | after
    more | less fewer
    most | least fewest
    highest high tallest tall | lowest low shortest
    longest long | shortest short
    biggest largest big large | smallest small
    oldest old | newest youngest new young
    fastest fast | slowest slow
    first | last
    open | closed close shut
    begin start | end finish
    above | below
    inside indoor | outside outdoor
    always | never | sometimes
    all every | some few | none
    minimum | maximum
    north northern | south southern | east eastern | west western
    win | lose
    buy | sell
    allow permit | forbid prohibit ban
    accept | reject refuse
    enable | disable
    include | exclude
    optional | mandatory required
    male | female
    hot warm | cold cool
    expand | shrink contract
    import | export
    profit | loss
    early earlier | late later
    left | right
    steigen stieg anstieg | sinken sank ruckgang
    vor | nach
    mehr | weniger
    grosser grosste | kleiner kleinste
    offen geoffnet | geschlossen
    nord norden | sud suden | ost osten | west westen
    erlaubt gestattet | verboten untersagt
    augmente hausse | diminue baisse
    avant | apres
    ouvert ouverte | ferme fermee
    nord | sud | est | ouest
    autorise permis | interdit
    aumento aumenta subio | disminuyo disminuye bajo
    antes | despues
    abierto abierta | cerrado cerrada
    norte | sur | este | oeste
    増加 上昇 | 減少 低下
    最大 | 最小
    高 | 低
    増 | 減
    長 | 短
    大 | 小
    前 | 後 后
    以上 | 以下
    開 | 閉
    増長 增长 上升 | 下降 减少
    买 | 卖
    """.strip().splitlines()
)

DAYS = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag
    samstag sonnabend sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles
    jueves viernes sabado domingo weekday weekend
    """.split()
)

GERMAN_MARKERS = frozenset(
    """
    der das und ist nicht ein eine einen einem einer wird werden wurde wurden mit von im zum zur sind kann auf
    dem den des sich bei nach aus haben hat oder betragt kein keine
    """.split()
)

# A German name stands after these without an article; most other nouns do not.
GERMAN_BEFORE_NAMES = frozenset("in aus nach bei von bis ab ist herr frau dr".split())

ANAPHORS = frozenset(
    """
    it its he his she her they their this these that the there er sie es ihr ihre sein seine dies diese das
    der die il elle ils elles ce cette ces le la les sa son ses el ella ellos este esta su sus lo los las
    """.split()
)

COORDINATORS = frozenset("and or und oder et ou y e o with mit avec con".split())
PASSIVE_MARKERS = frozenset("by von par por durch".split())
