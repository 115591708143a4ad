# ruff: noqa: E501  (a row of a table stays on one line)
"""The tables that people keep by hand, as text: a header, then one row a line, cells separated by a bar."""

COMPANY = """
company | currency | time_zone | owner
Harbor Light Ventures | USD | America/Los_Angeles | Maren Holt
"""

ENTITIES = """
entity | name | kind | unit | units | capacity | sells_for | billing | started_on | owner
jada | JADA | charter | charter | charters | 1 | | deposit of half, balance on the day | 2021-04-10 | Maren Holt
queenofsandiego | QueenofSanDiego | brand | charter | charters | 1 | jada | bookings billed by the vessel | 2021-06-01 | Ines Farrow
quickdumpnow | QuickDumpNow | hauling | job | jobs | 3 | | paid on the day | 2023-02-15 | Maren Holt
dangerouscentaur | DangerousCentaur | agency | client month | client months | | | monthly retainer, due in 15 days | 2019-09-01 | Priya Lund
rental-3028-51st | 3028 51st St rental | lodging | night | nights | 1 | | paid in full when booked | 2024-03-01 | Priya Lund
yacht-delivery | Expert Yacht Delivery | transport | delivery | deliveries | 2 | | | 2024-08-15 | Maren Holt
"""

ACCOUNTS = """
account | name | type | role | category | behaviour
1000 | Operating checking | asset | cash | Cash at bank | none
1010 | Reserve savings | asset | cash | Cash at bank | none
1100 | Accounts receivable | asset | receivable | Receivables | none
1200 | Prepaid insurance | asset | prepaid | Prepaid expenses | none
1500 | Vessels, vehicles and equipment | asset | fixed_asset | Fixed assets | none
1590 | Accumulated depreciation | asset | fixed_asset | Fixed assets | none
2000 | Accounts payable | liability | payable | Payables | none
2010 | Business card | liability | payable | Payables | none
2100 | Deposits for service to come | liability | deferred_revenue | Deferred revenue | none
2300 | Sales tax payable | liability | tax | Taxes | none
2500 | Vessel loan | liability | loan | Loans | none
3000 | Owner capital | equity | equity | Equity | none
3100 | Retained earnings | equity | equity | Equity | none
3900 | Owner draws | equity | draw | Draws | none
4000 | Charter revenue | revenue | revenue | Charters | none
4100 | Hauling revenue | revenue | revenue | Hauling | none
4200 | Agency revenue | revenue | revenue | Agency | none
4300 | Lodging revenue | revenue | revenue | Lodging | none
4400 | Delivery revenue | revenue | revenue | Deliveries | none
4900 | Cancellation fees kept | revenue | revenue | Cancellations | none
5000 | Captain and deckhands | expense | direct | Crew | variable
5010 | Fuel for trips | expense | direct | Fuel | variable
5020 | Catering, music and cleaning on board | expense | direct | Guest service | variable
5100 | Disposal fees | expense | direct | Disposal | variable
5110 | Day labour | expense | direct | Labour | variable
5120 | Truck fuel | expense | direct | Fuel | variable
5200 | Subcontractors | expense | direct | Subcontractors | variable
5300 | Turnover cleaning | expense | direct | Cleaning | variable
5310 | Co-host share and guest supplies | expense | direct | Guest service | variable
5400 | Delivery crew | expense | direct | Crew | variable
5410 | Delivery travel | expense | direct | Travel | variable
5500 | Platform commissions | expense | direct | Commissions | variable
5600 | Card processing fees | expense | direct | Payment fees | variable
6000 | Marina and yard | expense | overhead | Marina and yard | fixed
6010 | Insurance | expense | overhead | Insurance | fixed
6020 | Repairs and maintenance | expense | overhead | Repairs and maintenance | fixed
6030 | Marketing | expense | overhead | Marketing | fixed
6040 | Software | expense | overhead | Software | fixed
6050 | Cloud hosting | expense | overhead | Cloud | fixed
6060 | Domain registrations | expense | overhead | Domains | fixed
6070 | Bookkeeping and legal | expense | overhead | Professional fees | fixed
6080 | Office and telephone | expense | overhead | Office | fixed
6090 | Utilities and association dues | expense | overhead | Utilities | fixed
6100 | Office wages | expense | overhead | Wages | fixed
6110 | Bank fees | expense | overhead | Bank fees | fixed
6120 | Interest | expense | overhead | Interest | fixed
6130 | Depreciation | expense | overhead | Depreciation | fixed
6140 | Licences and permits | expense | overhead | Licences | fixed
6990 | Uncategorised expense | expense | uncategorised | Uncategorised | none
"""

ASSETS = """
asset | entity | name | kind | acquired_on | cost | value | size | status
jada-yacht | jada | JADA, classic yacht | vessel | 2021-03-20 | 68000 | 61000 | | in use
jada-tender | jada | Inflatable tender with outboard | vessel | 2022-05-14 | 2900 | 1700 | | in use
jada-sound | jada | Stage sound system | equipment | 2024-04-02 | 1850 | 1100 | | in use
jada-gear | jada | Safety gear for 20 guests | equipment | 2023-02-11 | 2400 | 1500 | 20 | in use
jada-mooring | jada | Second mooring permit | permit | 2022-09-01 | 350 | 350 | | idle
qos-site | queenofsandiego | queenofsandiego.com | website | 2021-06-01 | 4200 | 6500 | 48 | in use
qos-list | queenofsandiego | Guest mailing list | list | 2021-06-01 | | 5500 | 3676 | in use
qos-booking | queenofsandiego | Booking and waiver tool | software | 2024-01-15 | 3100 | 3100 | | in use
qos-photos | queenofsandiego | Photo and video library | media | 2022-03-10 | 1600 | 1200 | 940 | in use
qos-console | queenofsandiego | Crew console | software | 2026-07-01 | | 1500 | | planned
qdn-truck | quickdumpnow | Dump truck, 1 ton | vehicle | 2023-02-10 | 14500 | 9800 | | in use
qdn-trailer-1 | quickdumpnow | Dump trailer 1 | trailer | 2023-02-10 | 5200 | 3900 | | in use
qdn-trailer-2 | quickdumpnow | Dump trailer 2 | trailer | 2024-06-18 | 5600 | 4500 | | in use
qdn-trailer-3 | quickdumpnow | Flatbed trailer | trailer | 2026-05-12 | 1850 | 1750 | | in use
qdn-site | quickdumpnow | Quote and booking site | website | 2023-02-20 | 1200 | 1500 | 14 | in use
dc-site | dangerouscentaur | Agency site and portfolio | website | 2019-09-01 | 2500 | 1000 | 22 | in use
dc-theme | dangerouscentaur | Shared site template | software | 2020-11-05 | 3800 | 2000 | 14 | in use
dc-laptop | dangerouscentaur | Workstation | equipment | 2023-11-20 | 2300 | 900 | | in use
rental-house | rental-3028-51st | Furnished house, two bedrooms | property | 2024-02-15 | | | 4 | in use
rental-furniture | rental-3028-51st | Furniture and linen | equipment | 2024-02-25 | 7800 | 4900 | | in use
rental-lock | rental-3028-51st | Keyless door lock | equipment | 2025-01-09 | 260 | 180 | | in use
rental-site | rental-3028-51st | Direct booking page | website | 2025-06-03 | 300 | 300 | 5 | idle
yd-kit | yacht-delivery | Delivery kit: raft, beacon, charts | equipment | 2024-08-20 | 4100 | 3000 | | in use
yd-van | yacht-delivery | Crew van | vehicle | 2024-09-05 | 6900 | 4800 | | in use
yd-site | yacht-delivery | Delivery quote site | website | 2024-08-15 | 900 | 900 | 8 | in use
yd-drone | yacht-delivery | Inspection drone | equipment | 2024-10-01 | 720 | 0 | | sold
"""

CLIENTS = """
client | entity | name | since | ended_on
acorn-dental | dangerouscentaur | Acorn Street Dental | 2021-03-01 |
bluefin-tackle | dangerouscentaur | Bluefin Tackle & Bait | 2020-06-15 |
cafe-nino | dangerouscentaur | Café Niño | 2022-01-10 |
driftwood-yoga | dangerouscentaur | Driftwood Yoga | 2022-09-01 |
emerald-pools | dangerouscentaur | Emerald Pool Care | 2023-02-01 |
foghorn-books | dangerouscentaur | Foghorn Books | 2021-11-20 |
granite-tile | dangerouscentaur | Granite & Tile Yard | 2023-07-01 |
harbor-hounds | dangerouscentaur | Harbor Hounds | 2024-01-15 |
ironwood-law | dangerouscentaur | Ironwood Law | 2024-04-01 |
juniper-florist | dangerouscentaur | Juniper Florist | 2024-05-20 | 2026-06-30
kelp-kitchen | dangerouscentaur | Kelp Kitchen | 2025-02-01 |
lantern-theater | dangerouscentaur | Lantern Community Theater | 2025-03-10 |
mesa-hvac | dangerouscentaur | Mesa Heating and Air | 2025-08-01 |
north-star-optics | dangerouscentaur | North Star Optics | 2026-02-01 |
ofarrell-roofing | dangerouscentaur | O'Farrell Roofing | 2024-10-01 | 2026-02-28
"""

CONTRACTS = """
contract | client | service | starts_on | ends_on | signed_on | monthly_fee
C-101 | acorn-dental | Hosting, updates and monthly report | 2025-11-01 | | 2025-10-20 | 95
C-102 | bluefin-tackle | Web shop care | 2025-11-01 | 2026-05-31 | 2025-10-22 | 80
C-103 | bluefin-tackle | Web shop care, with product uploads | 2026-06-01 | 2027-05-31 | 2026-05-18 | 110
C-104 | cafe-nino | Hosting and menu changes | 2025-11-01 | 2026-12-15 | 2025-10-28 | 60
C-105 | driftwood-yoga | Hosting and class calendar | 2025-11-01 | | | 75
C-106 | emerald-pools | Local search and site care | 2025-11-01 | 2026-07-31 | 2025-10-30 | 90
C-107 | foghorn-books | Newsletter and site care | 2025-11-01 | 2026-04-30 | 2025-10-25 | 70
C-108 | foghorn-books | Newsletter, events and site care | 2026-05-01 | | 2026-04-21 | 85
C-109 | harbor-hounds | Booking page care | 2025-11-01 | 2027-01-31 | 2025-11-03 | 65
C-110 | ironwood-law | Site care and intake forms | 2025-11-01 | | 2025-10-15 | 120
C-111 | juniper-florist | Web shop care | 2025-11-01 | 2026-06-30 | 2025-10-29 | 80
C-112 | kelp-kitchen | Hosting and photo updates | 2025-11-01 | | 2025-11-10 | 75
C-113 | lantern-theater | Ticket page care | 2025-11-01 | | 2025-10-18 | 45
C-114 | north-star-optics | Site build in instalments, then care | 2026-02-01 | 2027-01-31 | 2026-01-26 | 110
C-115 | ofarrell-roofing | Lead page care | 2025-11-01 | 2026-02-28 | 2025-10-12 | 85
"""

CHANNELS = """
channel | name | kind | commission
google-search | Google Search | search |
google-ads | Google Ads | search |
instagram | Instagram | social |
facebook | Facebook Marketplace | social |
newsletter | Mailing list | email |
referral | Word of mouth | referral |
website | Own website | direct |
phone | Telephone | direct |
yelp | Yelp | directory |
craigslist | Craigslist | directory |
nextdoor | Nextdoor | directory |
airbnb | Airbnb | marketplace | 0.03
furnished-finder | Furnished Finder | directory |
sailo | Sailo | ota | 0.15
getmyboat | GetMyBoat | ota | 0.115
viator | Viator | ota | 0.22
getyourguide | GetYourGuide | ota | 0.25
broker | Yacht brokers | referral | 0.1
"""

LISTINGS = """
entity | channel | status | live_on | rating | reviews | views | note
jada | sailo | draft | | | | | photos and captain's licence not uploaded
jada | getmyboat | planned | | | | | needs proof of insurance
jada | viator | absent | | | | | no supplier account
jada | getyourguide | absent | | | | | no supplier account
jada | google-search | live | 2021-06-10 | 4.8 | 61 | 1480 |
jada | instagram | live | 2021-07-01 | | | 2300 | last post 23 days ago
jada | yelp | live | 2022-02-14 | 4.6 | 19 | 310 | opening hours wrong
jada | website | live | 2021-06-01 | | | 2900 |
queenofsandiego | google-search | live | 2021-06-10 | | | 3150 |
queenofsandiego | google-ads | live | 2022-05-01 | | | 900 |
queenofsandiego | newsletter | live | 2021-06-01 | | | 3676 | no mailing since June
queenofsandiego | instagram | live | 2021-06-20 | | | 1900 |
queenofsandiego | viator | absent | | | | |
quickdumpnow | google-search | live | 2023-03-01 | 4.4 | 23 | 620 | service area not set
quickdumpnow | google-ads | live | 2023-04-01 | | | 410 |
quickdumpnow | yelp | live | 2023-05-15 | 4.1 | 9 | 150 |
quickdumpnow | craigslist | live | 2023-02-20 | | | 540 |
quickdumpnow | nextdoor | draft | | | | | business page not verified
quickdumpnow | facebook | live | 2023-03-11 | 4.5 | 12 | 480 |
dangerouscentaur | website | live | 2019-09-01 | | | 240 |
dangerouscentaur | google-search | live | 2019-10-01 | | 2 | 130 | two reviews, the newest from 2022
dangerouscentaur | referral | live | 2019-09-01 | | | |
rental-3028-51st | airbnb | live | 2024-03-01 | 4.7 | 58 | 820 |
rental-3028-51st | furnished-finder | live | 2025-01-20 | | 3 | 95 |
rental-3028-51st | website | draft | | | | | calendar not connected
rental-3028-51st | google-search | absent | | | | | no business profile
yacht-delivery | website | live | 2024-08-15 | | | 190 |
yacht-delivery | broker | live | 2024-10-01 | | | |
yacht-delivery | google-search | planned | | | | | profile not claimed
"""

LAUNCHES = """
entity | channel | step | effort_days | demand | lead_days | planned_on | reason
jada | sailo | 1 | 1.5 | 6 | 10 | 2026-11-20 | Private charters of whole boats, the listing is half written, live in days
jada | getmyboat | 2 | 2 | 9 | 14 | 2026-12-11 | Lowest commission, but cannot open before the insurer sends proof of cover
jada | viator | 3 | 5 | 14 | 45 | 2027-02-12 | Sells seats by the tour: needs fixed departures and instant confirmation
jada | getyourguide | 3 | 5 | 11 | 45 | 2027-02-12 | Highest commission; same product sheet as the step's other channel, so done together
"""

CAMPAIGNS = """
campaign | case | name | entity | channel | list | starts_on | open_rate | click_rate | booking_rate | booking_value | cost
concert-series | low | Concerts on board | jada | newsletter | qos-list | 2026-11-16 | 0.22 | 0.05 | 0.2 | 1300 | 450
concert-series | base | Concerts on board | jada | newsletter | qos-list | 2026-11-16 | 0.28 | 0.07 | 0.24 | 1400 | 450
concert-series | high | Concerts on board | jada | newsletter | qos-list | 2026-11-16 | 0.34 | 0.09 | 0.3 | 1500 | 450
"""

OPTIMISATIONS = """
optimisation | service | title | saving | effort_days | owner
opt-nat | Amazon EC2 | Move the image resizer from a server to a function | 0.6 | 2 | Theo Marsh
opt-snapshots | Amazon EBS | Delete snapshots older than 90 days | 0.55 | 0.5 | Theo Marsh
opt-logs | Amazon CloudWatch | Keep logs for 30 days instead of for ever | 0.45 | 0.5 | Theo Marsh
opt-s3-tiers | Amazon S3 | Move originals of photos to infrequent access | 0.4 | 1 | Theo Marsh
opt-waf-bundle | AWS Data Transfer | Serve video through the content network | 0.35 | 1.5 | Theo Marsh
opt-rds-small | Amazon RDS | Halve the database instance, idle at night | 0.5 | 1 | Theo Marsh
"""

DOMAINS = """
domain | entity | registrar | registered_on | expires_on | annual_cost | auto_renew | serves | dns | tls_until
queenofsandiego.com | queenofsandiego | Amazon Registrar | 2021-05-20 | 2027-05-20 | 14 | true | bookings and landing page | Amazon Route 53 | 2027-02-14
queenofsandiego.example | queenofsandiego | Amazon Registrar | 2021-05-20 | 2027-05-20 | 12 | true | redirect | Amazon Route 53 | 2027-02-14
jada-charters.example | jada | Amazon Registrar | 2021-04-02 | 2027-04-02 | 14 | true | charter calendar | Amazon Route 53 | 2027-01-22
sail-jada.example | jada | Harbor Names | 2022-11-28 | 2026-11-28 | 18 | false | redirect | Harbor Names | 2026-11-21
quickdumpnow.example | quickdumpnow | Harbor Names | 2023-02-01 | 2027-02-01 | 14 | true | quote form | Amazon Route 53 | 2027-01-09
rentadumptrailer.example | quickdumpnow | Harbor Names | 2023-08-15 | 2027-08-15 | 22 | true | redirect | Harbor Names |
dangerouscentaur.example | dangerouscentaur | Amazon Registrar | 2019-08-12 | 2027-08-12 | 14 | true | portfolio | Amazon Route 53 | 2027-03-02
centaur-clients.example | dangerouscentaur | Amazon Registrar | 2020-01-30 | 2027-01-30 | 16 | true | client previews | Amazon Route 53 | 2026-12-30
centaur-staging.example | dangerouscentaur | Amazon Registrar | 2020-09-14 | 2026-09-14 | 16 | false | staging, down since it lapsed | |
stay-51st.example | rental-3028-51st | Harbor Names | 2025-06-01 | 2027-06-01 | 19 | true | direct booking page | Harbor Names | 2027-01-17
expertyachtdelivery.example | yacht-delivery | Amazon Registrar | 2024-08-01 | 2027-08-01 | 14 | true | quote form | Amazon Route 53 | 2027-02-25
movemyyacht.example | yacht-delivery | Harbor Names | 2024-12-09 | 2026-12-09 | 24 | false | redirect | Harbor Names | 2026-11-30
"""

KPIS = """
kpi | entity | name | definition | unit | measured_by | tables | target | owner
kpi-gross-burn | | Gross burn | operating cash paid out in a month | USD | gross_burn | ledger accounts | 8500 | Maren Holt
kpi-net-burn | | Net burn | operating cash paid out less received in a month | USD | net_burn | ledger accounts | 0 | Maren Holt
kpi-runway | | Runway | cash over mean net burn of three months | months | runway | ledger accounts | 9 | Maren Holt
kpi-break-even | jada | Break-even | mean fixed cost over contribution of a charter | charters | break_even | ledger accounts bookings | 6 | Maren Holt
kpi-cloud | | Cloud cost | unblended cloud cost in a month | USD | cloud_cost | cloud_costs | 60 | Theo Marsh
kpi-dso | dangerouscentaur | Days sales outstanding | receivables over billed, times days | days | dso | invoices payments | 30 | Priya Lund
kpi-occupancy | rental-3028-51st | Occupancy | nights let over nights available | percent | occupancy | bookings entities | 55 | Lena Ortiz
kpi-adr | rental-3028-51st | Average daily rate | room revenue over nights let | USD | adr | bookings | 125 | Lena Ortiz
kpi-revpar | rental-3028-51st | RevPAR | room revenue over nights available | USD | revpar | bookings entities | 65 | Lena Ortiz
kpi-on-time | yacht-delivery | On-time rate | deliveries arrived by the promised day | percent | on_time_rate | deliveries | 85 | Cal Brandt
kpi-cac | | Customer acquisition cost | marketing spend over sales won | USD | cac | ledger leads | 40 | Ines Farrow
kpi-repeat | jada | Repeat guests | bookings by guests who sailed before | percent | | bookings | 25 | Ines Farrow
kpi-response | | Time to first answer | median days from enquiry to answer | days | | leads | 1 | Ines Farrow
kpi-fuel | jada | Fuel per charter | litres per charter | litres | | fuel_logs | 30 | Cal Brandt
kpi-engine | jada | Engine hours per charter | engine hours logged per charter | hours | | engine_logs | 2 | Cal Brandt
kpi-waiver | jada | Waivers signed before boarding | guests with a signed waiver | percent | | waivers | 100 | Cal Brandt
kpi-load | quickdumpnow | Loads per truck day | jobs per day that the truck is out | count | | bookings assets | 2.5 | Cal Brandt
kpi-hours | dangerouscentaur | Hours per client | hours worked per client and month | hours | | timesheets | 3 | Priya Lund
kpi-list | queenofsandiego | List growth | net new subscribers a month | count | | subscribers | 60 | Ines Farrow
kpi-turnover | rental-3028-51st | Turnover time | hours from departure to ready | hours | | cleanings | 5 | Lena Ortiz
"""

EQUITY = """
stake | entity | holder | share | source | document
stake-01 | jada | Maren Holt | 0.6 | Operating agreement of 2021 | operating-agreement-2021.pdf
stake-02 | jada | Gil Novak | 0.25 | Operating agreement of 2021 | operating-agreement-2021.pdf
stake-03 | jada | Gil Novak | 0.4 | Letter of 2025 after the engine refit | refit-letter-2025.pdf
stake-04 | jada | Cal Brandt | 0.15 | Spoken promise, noted in a handoff |
stake-05 | queenofsandiego | Maren Holt | 1 | State filing | filing-2021.pdf
stake-06 | quickdumpnow | Maren Holt | 0.7 | Operating agreement of 2023 | operating-agreement-2023.pdf
stake-07 | quickdumpnow | Cal Brandt | 0.3 | Operating agreement of 2023 | operating-agreement-2023.pdf
stake-08 | dangerouscentaur | Maren Holt | 0.8 | State filing | filing-2019.pdf
stake-09 | dangerouscentaur | Priya Lund | 0.2 | Chat message |
stake-10 | rental-3028-51st | Maren Holt | 1 | Lease of 2024 | lease-2024.pdf
stake-11 | yacht-delivery | Maren Holt | 0.5 | Term sheet of 2024 | term-sheet-2024.pdf
stake-12 | yacht-delivery | Cal Brandt | 0.5 | Term sheet of 2024 | term-sheet-2024.pdf
"""

RULES = """
rule | name | measure | limit | threshold | severity | owner | remedy
burn-cap | Gross burn stays at or below 9,000 a month | gross_burn | at most | 9000 | high | Maren Holt | Stop discretionary spending until the month is back under the cap
runway-floor | Runway never falls below 6 months | runway | at least | 6 | critical | Maren Holt | Cut fixed cost or raise capital before the next commitment
overdue-cap | Overdue receivables stay at or below 1,500 | overdue_receivables | at most | 1500 | critical | Priya Lund | Call every client over 60 days this week; pause work over 90 days
"""

SCENARIOS = """
scenario | name | revenue | cost | monthly_growth
low | A wet winter: cash received falls by a quarter, costs as they are | 0.75 | 1 | -0.01
base | As the same months a year before, with the planned savings | 1 | 0.97 | 0.005
high | Two channels opened and the concert campaign sells | 1.3 | 1.08 | 0.02
"""

INVESTMENTS = """
investment | entity | title | cost | monthly_return | delay_months | confidence
inv-listings | jada | Open four online travel channels | 900 | 620 | 2 | 0.6
inv-trailer | quickdumpnow | Fourth trailer for rent | 4800 | 210 | 1 | 0.65
inv-photos | rental-3028-51st | New photos and a connected calendar | 350 | 130 | 1 | 0.7
inv-training | yacht-delivery | Second licensed captain | 2600 | 280 | 3 | 0.45
inv-refit | jada | New sails | 7500 | 260 | 4 | 0.55
"""

SYSTEMS = """
control | title | status | severity | note | action | owner
bank-feed | Bank transactions arrive daily and are matched | partial | high | bank transactions are matched by hand, at month end only | Connect the bank feed | Maren Holt
receipts | Every expense has a receipt on file | partial | medium | receipts live in three mailboxes | Collect receipts in one inbox and refuse claims without | Maren Holt
deposits | Deposits are held as a liability until service | partial | high | one deposit went straight to revenue | Post deposits from the booking tool | Maren Holt
entity-books | Each entity has books of its own | missing | high | all entities share one ledger, told apart by a tag | Decide on books for each entity, to start in 2027 | Maren Holt
invoicing | Invoices follow contracts by themselves | missing | high | invoices are typed by hand from memory | Issue recurring invoices from the contract list | Priya Lund
dunning | Overdue invoices are chased on a schedule | missing | medium | nobody owns reminders | Send reminders at 7, 21 and 45 days | Priya Lund
close | Months are closed and locked | missing | medium | months long past still change | Close by the 10th, then lock | Maren Holt
approval | Two people see payments over 500 | missing | high | one login can pay any amount | Ask the bank for a second approver | Maren Holt
backup | The ledger is backed up outside the provider | working | medium | | | Theo Marsh
sales-tax | Sales tax is filed on time | working | medium | | | Maren Holt
"""
