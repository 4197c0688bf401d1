"""Cities with their coordinates, address formats and telephone number formats.

Numbers come from the ranges that regulators reserve for fiction, so they reach no subscriber: Ofcom
(United Kingdom), NANPA 555-01xx (United States, Canada), ACMA (Australia), ARCEP (France),
Bundesnetzagentur (Germany), ComReg (Ireland). Elsewhere no such range is known, so there is no
number.
"""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class City:
    name: str
    country: str
    latitude: float
    longitude: float
    weight: int
    phones: tuple[str, ...] = ()
    district: str = ""


UK_MOBILE = "+44 7700 900{:03d}"
UK_ANYWHERE = "+44 1632 960{:03d}"

# name, latitude, longitude, weight, postal district, fictitious local numbers (or none)
UNITED_KINGDOM = """
London (Soho)|51.5136|-0.1365|16|W1F|+44 20 7946 0{:03d}
London (Shoreditch)|51.5265|-0.0780|14|EC2A|+44 20 7946 0{:03d}
London (Hackney)|51.5450|-0.0553|12|E8|+44 20 7946 0{:03d}
London (Brixton)|51.4613|-0.1156|10|SW9|+44 20 7946 0{:03d}
London (Camden)|51.5390|-0.1426|10|NW1|+44 20 7946 0{:03d}
London (Richmond)|51.4613|-0.3037|8|TW9|+44 20 7946 0{:03d}
London (Greenwich)|51.4826|0.0077|8|SE10|+44 20 7946 0{:03d}
Manchester|53.4808|-2.2426|26|M1|+44 161 496 0{:03d}
Salford|53.4875|-2.2901|8|M50|+44 161 496 0{:03d}
Birmingham|52.4862|-1.8904|20|B1|+44 121 496 0{:03d}
Leeds|53.8008|-1.5491|18|LS1|+44 113 496 0{:03d}
Sheffield|53.3811|-1.4701|14|S1|+44 114 496 0{:03d}
Bristol|51.4545|-2.5879|22|BS1|+44 117 496 0{:03d}
Liverpool|53.4084|-2.9916|16|L1|+44 151 496 0{:03d}
Newcastle upon Tyne|54.9783|-1.6178|14|NE1|+44 191 498 0{:03d}
Nottingham|52.9548|-1.1581|12|NG1|+44 115 496 0{:03d}
Leicester|52.6369|-1.1398|10|LE1|+44 116 496 0{:03d}
Edinburgh|55.9533|-3.1883|18|EH1|+44 131 496 0{:03d}
Glasgow|55.8642|-4.2518|18|G1|+44 141 496 0{:03d}
Cardiff|51.4816|-3.1791|14|CF10|+44 29 2018 0{:03d}
Belfast|54.5973|-5.9301|12|BT1|+44 28 9649 6{:03d}
Reading|51.4543|-0.9781|8|RG1|+44 118 496 0{:03d}
Brighton|50.8225|-0.1372|16|BN1|
Hove|50.8279|-0.1688|5|BN3|
Oxford|51.7520|-1.2577|9|OX1|
Cambridge|52.2053|0.1218|9|CB1|
York|53.9600|-1.0873|8|YO1|
Bath|51.3811|-2.3590|8|BA1|
Southampton|50.9097|-1.4044|8|SO14|
Portsmouth|50.8198|-1.0880|6|PO1|
Bournemouth|50.7192|-1.8808|7|BH1|
Plymouth|50.3755|-4.1427|6|PL1|
Exeter|50.7184|-3.5339|7|EX1|
Norwich|52.6309|1.2974|8|NR1|
Ipswich|52.0567|1.1482|4|IP1|
Colchester|51.8959|0.8919|4|CO1|
Canterbury|51.2802|1.0789|5|CT1|
Tunbridge Wells|51.1324|0.2637|5|TN1|
Guildford|51.2362|-0.5704|6|GU1|
St Albans|51.7520|-0.3360|6|AL1|
Milton Keynes|52.0406|-0.7594|5|MK9|
Northampton|52.2405|-0.9027|4|NN1|
Coventry|52.4068|-1.5197|5|CV1|
Derby|52.9225|-1.4746|5|DE1|
Stoke-on-Trent|53.0027|-2.1794|4|ST1|
Lincoln|53.2307|-0.5406|4|LN1|
Hull|53.7457|-0.3367|5|HU1|
Bradford|53.7960|-1.7594|4|BD1|
Huddersfield|53.6458|-1.7850|4|HD1|
Halifax|53.7270|-1.8575|3|HX1|
Hebden Bridge|53.7413|-2.0135|4|HX7|
Preston|53.7632|-2.7031|4|PR1|
Lancaster|54.0466|-2.8007|4|LA1|
Kendal|54.3269|-2.7476|3|LA9|
Chester|53.1934|-2.8931|5|CH1|
Shrewsbury|52.7073|-2.7553|3|SY1|
Hereford|52.0567|-2.7150|3|HR1|
Worcester|52.1936|-2.2216|4|WR1|
Cheltenham|51.8994|-2.0783|6|GL50|
Gloucester|51.8642|-2.2382|3|GL1|
Stroud|51.7457|-2.2170|4|GL5|
Swindon|51.5558|-1.7797|3|SN1|
Salisbury|51.0688|-1.7945|3|SP1|
Taunton|51.0147|-3.1029|3|TA1|
Falmouth|50.1544|-5.0711|4|TR11|
Truro|50.2632|-5.0510|3|TR1|
Swansea|51.6214|-3.9436|6|SA1|
Newport|51.5842|-2.9977|3|NP20|
Aberystwyth|52.4153|-4.0829|3|SY23|
Bangor|53.2274|-4.1293|3|LL57|
Dundee|56.4620|-2.9707|5|DD1|
Aberdeen|57.1497|-2.0943|6|AB10|
Inverness|57.4778|-4.2247|4|IV1|
Stirling|56.1165|-3.9369|3|FK8|
Perth|56.3950|-3.4308|3|PH1|
Derry|54.9966|-7.3086|4|BT48|
Durham|54.7761|-1.5733|4|DH1|
Middlesbrough|54.5742|-1.2350|3|TS1|
Carlisle|54.8925|-2.9329|3|CA1|
Scarborough|54.2831|-0.3998|3|YO11|
Margate|51.3891|1.3862|5|CT9|
Hastings|50.8543|0.5735|5|TN34|
Eastbourne|50.7684|0.2905|3|BN21|
Southend-on-Sea|51.5459|0.7077|4|SS1|
Chelmsford|51.7356|0.4685|4|CM1|
Watford|51.6565|-0.3903|4|WD17|
Maidenhead|51.5228|-0.7179|3|SL6|
"""

# name, country, latitude, longitude, weight, fictitious numbers (or none)
ELSEWHERE = """
Dublin|Ireland|53.3498|-6.2603|12|+353 20 910 0{:03d}
Cork|Ireland|51.8985|-8.4756|5|+353 20 911 0{:03d}
Galway|Ireland|53.2707|-9.0568|4|+353 20 912 0{:03d}
Paris|France|48.8566|2.3522|9|+33 1 99 00 {:02d} 17
Lyon|France|45.7640|4.8357|4|+33 4 65 71 {:02d} 31
Bordeaux|France|44.8378|-0.5792|3|+33 5 36 49 {:02d} 08
Berlin|Germany|52.5200|13.4050|11|+49 30 23125 {:03d}
Hamburg|Germany|53.5511|9.9937|6|+49 40 66969 {:03d}
Munich|Germany|48.1351|11.5820|6|+49 89 99998 {:03d}
Cologne|Germany|50.9375|6.9603|4|+49 221 4710 {:03d}
Amsterdam|Netherlands|52.3676|4.9041|8|
Rotterdam|Netherlands|51.9244|4.4777|3|
Brussels|Belgium|50.8503|4.3517|4|
Antwerp|Belgium|51.2194|4.4025|3|
Madrid|Spain|40.4168|-3.7038|6|
Barcelona|Spain|41.3874|2.1686|7|
Málaga|Spain|36.7213|-4.4214|3|
Lisbon|Portugal|38.7223|-9.1393|5|
Porto|Portugal|41.1579|-8.6291|3|
Milan|Italy|45.4642|9.1900|4|
Rome|Italy|41.9028|12.4964|4|
Bologna|Italy|44.4949|11.3426|2|
Copenhagen|Denmark|55.6761|12.5683|5|
Stockholm|Sweden|59.3293|18.0686|5|
Gothenburg|Sweden|57.7089|11.9746|3|
Oslo|Norway|59.9139|10.7522|4|
Helsinki|Finland|60.1699|24.9384|3|
Vienna|Austria|48.2082|16.3738|4|
Zurich|Switzerland|47.3769|8.5417|3|
Prague|Czechia|50.0755|14.4378|3|
Warsaw|Poland|52.2297|21.0122|3|
Athens|Greece|37.9838|23.7275|2|
New York|United States|40.7128|-74.0060|14|+1 212 555 01{:02d}
Brooklyn|United States|40.6782|-73.9442|8|+1 718 555 01{:02d}
Los Angeles|United States|34.0522|-118.2437|14|+1 213 555 01{:02d}
Burbank|United States|34.1808|-118.3090|5|+1 818 555 01{:02d}
San Francisco|United States|37.7749|-122.4194|5|+1 415 555 01{:02d}
Seattle|United States|47.6062|-122.3321|4|+1 206 555 01{:02d}
Portland|United States|45.5152|-122.6784|4|+1 503 555 01{:02d}
Chicago|United States|41.8781|-87.6298|7|+1 312 555 01{:02d}
Nashville|United States|36.1627|-86.7816|7|+1 615 555 01{:02d}
Austin|United States|30.2672|-97.7431|5|+1 512 555 01{:02d}
Atlanta|United States|33.7490|-84.3880|5|+1 404 555 01{:02d}
Denver|United States|39.7392|-104.9903|3|+1 303 555 01{:02d}
Boston|United States|42.3601|-71.0589|4|+1 617 555 01{:02d}
Philadelphia|United States|39.9526|-75.1652|3|+1 215 555 01{:02d}
Minneapolis|United States|44.9778|-93.2650|2|+1 612 555 01{:02d}
Toronto|Canada|43.6532|-79.3832|8|+1 416 555 01{:02d}
Montreal|Canada|45.5019|-73.5674|4|+1 514 555 01{:02d}
Vancouver|Canada|49.2827|-123.1207|5|+1 604 555 01{:02d}
Calgary|Canada|51.0447|-114.0719|2|+1 403 555 01{:02d}
Sydney|Australia|-33.8688|151.2093|8|+61 2 5550 0{:03d}
Melbourne|Australia|-37.8136|144.9631|8|+61 3 5550 0{:03d}
Brisbane|Australia|-27.4698|153.0251|4|+61 7 5550 0{:03d}
Perth (WA)|Australia|-31.9523|115.8613|3|+61 8 5550 0{:03d}
Adelaide|Australia|-34.9285|138.6007|2|+61 8 5550 1{:03d}
Auckland|New Zealand|-36.8509|174.7645|4|
Wellington|New Zealand|-41.2866|174.7756|3|
Cape Town|South Africa|-33.9249|18.4241|4|
Johannesburg|South Africa|-26.2041|28.0473|3|
Nairobi|Kenya|-1.2921|36.8219|2|
Lagos|Nigeria|6.5244|3.3792|2|
Dubai|United Arab Emirates|25.2048|55.2708|4|
Mumbai|India|19.0760|72.8777|4|
Bengaluru|India|12.9716|77.5946|2|
Singapore|Singapore|1.3521|103.8198|4|
Tokyo|Japan|35.6762|139.6503|3|
Mexico City|Mexico|19.4326|-99.1332|3|
São Paulo|Brazil|-23.5505|-46.6333|2|
Buenos Aires|Argentina|-34.6037|-58.3816|3|
"""

STREETS = {
    "United Kingdom": (
        "Mill Lane|Station Road|Victoria Street|Church Walk|Canal Wharf|Chapel Street|Foundry Yard"
        "|Albion Terrace|Castle Street|Orchard Row|Tanner's Court|Harbour Road|King's Parade"
        "|Weaver's Yard|Park Crescent|Brewery Lane|Quay Street|Garden Mews|Meadow Close|Bridge End"
    ),
    "United States": (
        "Maple Avenue|Oak Street|Sunset Lane|Magnolia Drive|Second Avenue|Cedar Street|Mill Road"
        "|Warehouse Row|Lincoln Street|Riverside Drive|Prospect Avenue|Juniper Court"
    ),
    "Germany": "Gartenstraße|Lindenallee|Mühlenweg|Schillerstraße|Am Kanal|Bergmannweg",
    "France": "rue des Lilas|rue du Moulin|avenue de la Gare|rue des Tanneurs|quai du Canal",
    "Spain": "Calle del Molino|Calle Mayor|Calle de la Luna|Paseo del Puerto",
    "Italy": "Via dei Mulini|Via Garibaldi|Via del Porto|Vicolo degli Orti",
    "Netherlands": "Molenstraat|Kerkstraat|Prinsenkade|Tuinlaan",
    "": "Harbour Street|Garden Road|Market Street|Mill Street|Hill Road|Station Road|Park Lane",
}
NUMBER_LAST = {"Germany", "Spain", "Italy", "Netherlands", "Belgium", "Denmark", "Sweden", "Norway"}
STREETS_AS_IN = {
    "Canada": "United States",
    "Ireland": "United Kingdom",
    "Australia": "United Kingdom",
    "New Zealand": "United Kingdom",
    "Austria": "Germany",
    "Switzerland": "Germany",
    "Belgium": "Netherlands",
}


def _read() -> list[City]:
    cities = []
    for line in UNITED_KINGDOM.strip().splitlines():
        name, latitude, longitude, weight, district, phone = line.split("|")
        phones = (phone, phone, UK_MOBILE) if phone else (UK_MOBILE, UK_ANYWHERE)
        place = (float(latitude), float(longitude), int(weight))
        cities.append(City(name, "United Kingdom", *place, phones, district))
    for line in ELSEWHERE.strip().splitlines():
        name, country, latitude, longitude, weight, phone = line.split("|")
        place = (float(latitude), float(longitude), int(weight))
        cities.append(City(name, country, *place, (phone,) if phone else ()))
    return cities


CITIES = _read()
_WEIGHTS = [city.weight for city in CITIES]


def some_city(rng: Random) -> City:
    return rng.choices(CITIES, _WEIGHTS)[0]


def some_phone(rng: Random, city: City) -> str | None:
    if not city.phones:
        return None
    pattern = rng.choice(city.phones)
    return pattern.format(rng.randrange(10, 99 if ":02d" in pattern else 999))


def some_address(rng: Random, city: City) -> str:
    country = STREETS_AS_IN.get(city.country, city.country)
    street = rng.choice(STREETS.get(country, STREETS[""]).split("|"))
    number = rng.randrange(1, 180)
    first = f"{street} {number}" if city.country in NUMBER_LAST else f"{number} {street}"
    unit = f"Unit {rng.randrange(1, 24)}, " if rng.random() < 0.18 else ""
    return f"{unit}{first}, {plain_name(city)} {city.district}".strip() + f", {city.country}"


def plain_name(city: City) -> str:
    """The city's name without the quarter or state that distinguishes it from others."""
    return city.name.partition(" (")[0]


def quarter(city: City) -> str:
    return city.name.partition(" (")[2].rstrip(")")


def somewhere_in(rng: Random, city: City) -> tuple[float, float]:
    """A random point within about two kilometres of the centre."""
    return (
        round(city.latitude + rng.uniform(-0.016, 0.016), 5),
        round(city.longitude + rng.uniform(-0.022, 0.022), 5),
    )
