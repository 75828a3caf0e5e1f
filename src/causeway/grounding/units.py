# ruff: noqa: RUF001  # other scripts are meant, and word lists read best as text
"""Spellings of units, scales, numbers and months, in the languages that the aligner knows.

Data and nothing else; `quantities.py` reads numbers with it. A unit that is missing here is compared as
a word, so a gap costs a citation and never makes a wrong one.
"""

SCALES = {
    "thousand": 1e3, "tausend": 1e3, "mille": 1e3, "mil": 1e3, "千": 1e3,
    "million": 1e6, "millions": 1e6, "millionen": 1e6, "mio.": 1e6, "mio": 1e6, "millones": 1e6,
    "millón": 1e6, "万": 1e4, "萬": 1e4, "億": 1e8, "亿": 1e8, "兆": 1e12,
    "billion": 1e9, "billions": 1e9, "milliarden": 1e9, "milliarde": 1e9, "mrd.": 1e9, "mrd": 1e9,
    "milliard": 1e9, "milliards": 1e9, "trillion": 1e12, "trillions": 1e12, "bn": 1e9,
}  # fmt: skip

# What a spelling measures, and how many of the smallest-named unit of that kind it is.
UNITS = {
    spelling.replace("~", " "): (kind, factor)
    for kind, factor, spellings in (
        ("metre", 1.0, "m metre metres meter meters metern mètre mètres metro metros メートル 米"),
        ("metre", 1000.0, "km kilometre kilometres kilometer kilometers kilometern kilomètre kilomètres "
            "kilómetro kilómetros キロメートル 公里 千米"),
        ("metre", 0.01, "cm centimetre centimetres centimeter centimeters zentimeter centimètres centímetros "
            "センチメートル センチ 厘米"),
        ("metre", 0.001, "mm millimetre millimetres millimeter millimeters ミリメートル ミリ 毫米"),
        ("mile", 1.0, "mile miles meile meilen"),
        ("foot", 1.0, "ft foot feet"),
        ("inch", 1.0, "inch inches zoll インチ 英寸"),
        ("kilogram", 1.0, "kg kilogram kilograms kilogramm kilo kilos kilogrammes キログラム キロ 公斤"),
        ("kilogram", 0.001, "g gram grams gramm grammes gramos グラム 克"),
        ("kilogram", 1000.0, "t tonne tonnes ton tons tonnen toneladas トン 吨"),
        ("pound", 1.0, "lb lbs £ gbp"),
        ("litre", 1.0, "l litre litres liter liters litern litros リットル 升"),
        ("litre", 0.001, "ml millilitre millilitres milliliter milliliters ミリリットル 毫升"),
        ("percent", 1.0, "% ％ percent prozent パーセント per~cent pour~cent por~ciento"),
        ("celsius", 1.0, "°c ℃ 度"),
        ("fahrenheit", 1.0, "°f"),
        ("degree", 1.0, "° degrees degree grad"),
        ("euro", 1.0, "€ euro euros eur ユーロ 欧元"),
        ("dollar", 1.0, "$ us$ dollar dollars usd dólares ドル 美元"),
        ("yen", 1.0, "¥ yen jpy 円"),
        ("yuan", 1.0, "yuan cny 元"),
        ("time", 1.0, "s sec seconds sekunden secondes segundos 秒"),
        ("time", 60.0, "min minute minutes minuten minutos minuto 分 分钟 分間"),
        ("time", 3600.0, "h hr hrs hour hours stunde stunden heure heures hora horas 時間 小时"),
        ("time", 86400.0, "day days tag tage tagen jour jours día días 日 日間 天"),
        ("time", 604800.0, "week weeks woche wochen semaine semaines semana semanas 週間 周"),
        ("clock", 1.0, "uhr 時 点 o'clock"),
        ("morning", 1.0, "am a.m. a.m"),
        ("evening", 1.0, "pm p.m. p.m"),
        ("month", 1.0, "month months monat monate monaten mois mes meses か月 ヶ月 カ月 个月"),
        ("calendar month", 1.0, "月"),
        ("year", 1.0, "year years jahr jahre jahren an ans année années año años 年 年間"),
        ("person", 1.0, "人 名"),
        ("kilowatt", 1.0, "kw kilowatt kilowatts"),
        ("kilowatt hour", 1.0, "kwh"),
        ("megabyte", 1.0, "mb megabyte megabytes"),
        ("megabyte", 1000.0, "gb gigabyte gigabytes"),
        ("megabyte", 1e6, "tb terabyte terabytes"),
        ("speed", 1.0, "km/h kmh kph"),
        ("speed of miles", 1.0, "mph"),
    )
    for spelling in spellings.split()
}  # fmt: skip

NUMBER_WORDS = {
    word: float(value)
    for value, words in {
        2: "two zwei deux dos", 3: "three drei trois tres", 4: "four vier quatre cuatro",
        5: "five funf cinq cinco", 6: "six sechs seis", 7: "seven sieben sept siete",
        8: "eight acht huit ocho", 9: "nine neun neuf nueve", 10: "ten zehn dix diez",
        11: "eleven elf onze", 12: "twelve zwolf douze doce dozen", 13: "thirteen", 14: "fourteen",
        15: "fifteen quince quinze", 16: "sixteen", 17: "seventeen", 18: "eighteen", 19: "nineteen",
        20: "twenty zwanzig vingt veinte", 30: "thirty dreissig trente treinta",
        40: "forty vierzig quarante cuarenta", 50: "fifty funfzig cinquante cincuenta",
        60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred hundert cent cien",
        1000: "thousand tausend",
    }.items()
    for word in words.split()
}  # fmt: skip

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar janvier enero", "february februar fevrier febrero", "march marz marzo",
            "april avril abril", "mai mayo", "june juni juin junio", "july juli juillet julio",
            "august aout agosto", "september septembre septiembre", "october oktober octobre octubre",
            "november novembre noviembre", "december dezember decembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip

KANJI_DIGITS = {
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
KANJI_POWERS = {"十": 10, "百": 100, "千": 1000}
