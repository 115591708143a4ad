# ruff: noqa: E501  (a row of a table stays on one line)
"""More tables kept by hand, in the same form: what was seen wrong, and what is planned about it."""

MILESTONES = """
milestone | plan | entity | title | measure | starts_on | due_on | done_on | after | owner
prof-1 | profitability | | Every sale and cost recorded in its month | no month without revenue where there were sales | 2026-10-05 | 2026-11-30 | | | Maren Holt
prof-2 | profitability | dangerouscentaur | Billing gap closed and overdue invoices collected | overdue below 1,500 | 2026-12-01 | 2026-12-31 | | prof-1 | Priya Lund
prof-3 | profitability | jada | Six charters sold in a winter month | 6 charters in January | 2027-01-01 | 2027-01-31 | | prof-2 | Ines Farrow
prof-4 | profitability | | Net burn of zero for two months running | net burn of February and March | 2027-02-01 | 2027-03-31 | | prof-3 | Maren Holt
seo-1 | local-seo | quickdumpnow | Business profile complete, with service area | profile score 100 % | 2026-10-12 | 2026-11-13 | | | Ines Farrow
seo-2 | local-seo | quickdumpnow | Name, address and telephone the same in 30 directories | 30 listings agree | 2026-11-16 | 2026-12-04 | | seo-1 | Ines Farrow
seo-3 | local-seo | quickdumpnow | A page for each of 8 neighborhoods | 8 pages indexed | 2026-11-16 | 2026-12-18 | | seo-1 | Ines Farrow
seo-4 | local-seo | quickdumpnow | 50 reviews at 4.6 stars | reviews on the profile | 2026-11-16 | 2027-01-29 | | seo-1 | Cal Brandt
seo-5 | local-seo | quickdumpnow | First three results for "junk hauling" nearby | rank in the map pack | 2026-12-21 | 2027-03-12 | | seo-3 | Ines Farrow
seo-0 | local-seo | quickdumpnow | Business profile claimed | verification code entered | 2026-09-07 | 2026-09-30 | 2026-09-28 | | Ines Farrow
mkt-1 | marketing | jada | First online travel channel live | 1 listing live | 2026-11-02 | 2026-11-20 | | | Ines Farrow
mkt-2 | marketing | queenofsandiego | Concert campaign mailed to the whole list | sent to 3,676 people | 2026-11-02 | 2026-11-16 | | | Ines Farrow
mkt-3 | marketing | rental-3028-51st | New photos and calendar connected | direct page takes bookings | 2026-11-09 | 2026-11-30 | | | Lena Ortiz
mkt-4 | marketing | jada | Second online travel channel live | 2 listings live | 2026-11-23 | 2026-12-11 | | mkt-1 | Ines Farrow
mkt-5 | marketing | dangerouscentaur | Three case studies and a referral offer | 5 new enquiries | 2026-11-16 | 2026-12-18 | | | Priya Lund
mkt-6 | marketing | quickdumpnow | Telephone enquiries tracked by channel | no enquiry without channel | 2026-12-01 | 2026-12-30 | | | Ines Farrow
mkt-7 | marketing | jada | Fixed departures priced for tour sellers | price sheet signed | 2026-12-14 | 2027-01-15 | | mkt-4 | Ines Farrow
mkt-8 | marketing | yacht-delivery | Agreement with three brokers | 3 signed | 2026-12-07 | 2027-01-29 | | | Cal Brandt
eng-1 | engineering | queenofsandiego | Keys out of the code and rotated | no key in any repository | 2026-10-26 | 2026-11-13 | | | Theo Marsh
eng-2 | engineering | queenofsandiego | Every admin route asks who is there | 0 open routes | 2026-11-16 | 2026-11-27 | | eng-1 | Theo Marsh
eng-3 | engineering | queenofsandiego | Firewall in front of all sites | all sites behind it | 2026-11-30 | 2026-12-11 | | eng-2 | Theo Marsh
eng-4 | engineering | quickdumpnow | Tests and staging before every release | no release without them | 2026-12-01 | 2027-01-22 | | | Theo Marsh
eng-5 | engineering | | Restore from backup rehearsed | restored within a day | 2027-01-25 | 2027-02-12 | | eng-4 | Theo Marsh
"""

ACTIONS = """
action | entity | area | finding | title | owner | created_on | due_on | effort_days | done_on
A-01 | jada | marketing | no-live-ota-listing | Finish the first travel listing | Ines Farrow | 2026-08-10 | 2026-09-15 | 1.5 |
A-02 | jada | marketing | no-live-ota-listing | Get proof of insurance for the second listing | Maren Holt | 2026-09-07 | 2026-10-02 | 0.5 |
A-03 | dangerouscentaur | money | rule-overdue-cap overdue-receivables | Call every client that is over 60 days late | Priya Lund | 2026-09-14 | 2026-10-09 | 1 |
A-04 | dangerouscentaur | money | billed-below-contract | Bill the fee changes agreed in spring | Priya Lund | 2026-10-12 | 2026-11-06 | 0.5 |
A-05 | dangerouscentaur | ownership | unsigned-contract-driftwood-yoga | Get the unsigned contract signed | Priya Lund | 2026-07-06 | 2026-08-14 | 0.5 |
A-06 | quickdumpnow | money | revenue-not-recorded-quickdumpnow | Enter the April jobs into the books | Maren Holt | 2026-06-15 | 2026-07-10 | 1 |
A-07 | yacht-delivery | money | billing-undecided-yacht-delivery | Decide how deliveries are billed: by mile or by job | Maren Holt | 2026-08-24 | 2026-11-13 | 1 |
A-08 | jada | ownership | equity-in-doubt-jada | Settle the two papers on one stake with a lawyer | Maren Holt | 2026-09-21 | 2026-11-20 | 2 |
A-09 | jada | ownership | equity-in-doubt-jada | Write down or withdraw the spoken promise | Maren Holt | 2026-09-21 | 2026-11-20 | 1 |
A-10 | queenofsandiego | engineering | security-gap-hard-coded-key | Move the payment key to the secrets manager and rotate it | Theo Marsh | 2026-10-05 | 2026-11-06 | 1 |
A-11 | queenofsandiego | engineering | security-gap-unauthenticated-endpoint | Require an admin's token on every private route | Theo Marsh | 2026-10-05 | 2026-11-06 | 1.5 |
A-12 | queenofsandiego | marketing | | Mail the concert campaign | Ines Farrow | 2026-10-12 | 2026-11-16 | 2 |
A-13 | quickdumpnow | marketing | | Set the service area in the business profile | Ines Farrow | 2026-10-19 | 2026-11-09 | 0.5 |
A-14 | quickdumpnow | marketing | leads-without-channel | Record the channel of every telephone enquiry | Cal Brandt | 2026-09-28 | 2026-10-23 | 0.5 |
A-15 | rental-3028-51st | operations | stale-maintenance | Repair the water heater before the season's guests | Lena Ortiz | 2026-10-20 | 2026-11-05 | 1 |
A-16 | rental-3028-51st | marketing | | Order new photos | Lena Ortiz | 2026-10-12 | 2026-11-13 | 1 |
A-17 | yacht-delivery | operations | | Check weather windows before a date is promised | Cal Brandt | 2026-08-17 | 2026-09-30 | 0.5 | 2026-09-25
A-18 | | money | expenses-no-receipt | Name a receipt inbox and use it | Maren Holt | 2026-07-20 | 2026-08-31 | 0.5 | 2026-08-27
A-19 | jada | operations | | Renew the passenger vessel inspection | Cal Brandt | 2026-03-02 | 2026-04-15 | 2 | 2026-04-10
A-20 | dangerouscentaur | engineering | | Move client sites to the shared template | Theo Marsh | 2026-02-09 | 2026-05-29 | 6 | 2026-06-12
A-21 | queenofsandiego | engineering | | Compress the photos on the landing page | Theo Marsh | 2026-05-11 | 2026-06-05 | 1 | 2026-06-02
A-22 | quickdumpnow | marketing | | Claim the business profile | Ines Farrow | 2026-09-01 | 2026-09-30 | 0.5 | 2026-09-28
A-23 | rental-3028-51st | operations | | Raise the weekend rate for summer | Lena Ortiz | 2026-04-06 | 2026-05-01 | 0.5 | 2026-04-28
A-24 | | money | control-approval | Ask the bank for a second approver | Maren Holt | 2026-08-03 | 2026-09-04 | 0.5 |
A-25 | yacht-delivery | money | unpaid-deliveries | Collect the unpaid deliveries | Cal Brandt | 2026-10-19 | 2026-11-13 | 0.5 |
A-26 | jada | marketing | | Correct the opening hours in the directory | Ines Farrow | 2026-10-05 | 2026-10-30 | 0.2 | 2026-10-27
A-27 | jada | operations | stale-maintenance | Fit the new depth sounder when the part is in | Cal Brandt | 2026-09-28 | 2026-11-13 | 0.5 |
"""

# Every site by layer: what an audit found where it is not in order; a layer not named here was found in order.
SITES = """
entity | host
jada | jada-charters.example
queenofsandiego | queenofsandiego.com
quickdumpnow | quickdumpnow.example
dangerouscentaur | dangerouscentaur.example
rental-3028-51st | stay-51st.example
yacht-delivery | expertyachtdelivery.example
"""

OBSERVATIONS = """
entity | area | layer | status | gap | title | severity | seen_on | fixed_on | location | action | risk | effort_days | money | owner
queenofsandiego | security | secrets | missing | hard-coded-key | A payment key stands in the booking script | critical | 2026-08-18 | | booking/pay.py:41 | Move the payment key to the secrets manager and rotate it | 10 | 1 | 9000 | Theo Marsh
quickdumpnow | security | secrets | missing | hard-coded-key | A map key stands in the page's script | high | 2026-08-19 | | site/js/quote.js:12 | Restrict the map key to the site and move it to the server | 6 | 1 | 1200 | Theo Marsh
dangerouscentaur | security | secrets | weak | plaintext-secret | Client passwords are kept in a text file on the server | critical | 2026-08-20 | | deploy/clients.txt | Move client passwords to a password manager and change them all | 9 | 1 | 7500 | Priya Lund
yacht-delivery | security | secrets | weak | plaintext-secret | The mail password is in an environment file under version control | high | 2026-08-21 | | .env:7 | Remove the mail password from the history and change it | 7 | 1 | 2500 | Theo Marsh
jada | security | api | missing | unauthenticated-endpoint | The route that cancels a charter asks for no login | critical | 2026-08-18 | | POST /api/charters/{id}/cancel | Require an admin's token on every private route | 10 | 1 | 6000 | Theo Marsh
queenofsandiego | security | auth | missing | unauthenticated-endpoint | The guest list downloads without a login | critical | 2026-08-18 | | GET /api/guests.csv | Require an admin's token on every private route | 9 | 0.5 | 8000 | Theo Marsh
queenofsandiego | security | waf | missing | no-waf | Nothing filters traffic before the booking site | high | 2026-08-18 | | queenofsandiego.com | Put all sites behind the shared firewall | 6 | 1 | 3000 | Theo Marsh
quickdumpnow | security | waf | missing | no-waf | Nothing filters traffic before the quote form | medium | 2026-08-19 | | quickdumpnow.example | Put all sites behind the shared firewall | 5 | 0.5 | 1000 | Theo Marsh
jada | security | waf | missing | no-waf | Nothing filters traffic before the charter calendar | medium | 2026-08-18 | | jada-charters.example | Put all sites behind the shared firewall | 5 | 0.5 | 1500 | Theo Marsh
dangerouscentaur | security | hosting | weak | public-bucket | The bucket of client uploads can be listed by anyone | high | 2026-08-20 | | bucket client-uploads | Block public access and serve through the content network | 8 | 1 | 4000 | Theo Marsh
dangerouscentaur | security | logging | missing | no-audit-log | Nobody can tell who changed a client's site | medium | 2026-08-20 | | account trail | Turn on the account's audit trail | 5 | 0.5 | | Theo Marsh
jada | security | logging | weak | no-audit-log | Logins to the crew tool are not logged | medium | 2026-08-18 | | crew tool | Log logins and changes | 4 | 1 | | Theo Marsh
jada | delivery | ci | missing | no-tests | Releases go out without one test | high | 2026-08-25 | | repository charter-site | Run the tests of the booking path before each release | 7 | 3 | 2000 | Theo Marsh
quickdumpnow | delivery | ci | weak | manual-deploy | Releases are copied by hand | medium | 2026-08-25 | | repository quote-site | Release from the main branch by a pipeline | 5 | 2 | | Theo Marsh
yacht-delivery | delivery | ci | missing | manual-deploy | Releases are copied by hand | low | 2026-08-26 | | repository delivery-site | Use the same pipeline as the quote site | 3 | 1 | | Theo Marsh
queenofsandiego | delivery | staging | missing | no-staging | Changes are tried on the live booking site | high | 2026-08-25 | | queenofsandiego.com | Set up a staging copy with test payments | 7 | 2.5 | 2500 | Theo Marsh
quickdumpnow | delivery | staging | missing | no-staging | Changes are tried on the live quote form | medium | 2026-08-25 | | quickdumpnow.example | Set up a staging copy | 4 | 1.5 | | Theo Marsh
rental-3028-51st | delivery | staging | missing | no-staging | No copy to try changes on | low | 2026-08-26 | | stay-51st.example | Leave until the page takes bookings | 2 | 1 | | Theo Marsh
dangerouscentaur | delivery | backups | weak | no-restore-test | Backups exist and nobody ever restored one | high | 2026-08-20 | | backup plan weekly | Rehearse a restore each quarter | 7 | 1.5 | 5000 | Theo Marsh
rental-3028-51st | delivery | backups | missing | no-backup | The direct booking page has no backup | medium | 2026-08-26 | | stay-51st.example | Back up the booking page every week | 4 | 0.5 | | Theo Marsh
queenofsandiego | performance | frontend | weak | slow-landing | The landing page takes 4.8 s on a phone | high | 2026-09-08 | | / | Serve smaller pictures and defer the video | 6 | 1.5 | 2200 | Theo Marsh
jada | performance | hosting | weak | slow-calendar | The calendar's slowest requests take over two seconds | medium | 2026-09-08 | | GET /calendar | Cache the month that visitors ask for | 4 | 1 | | Theo Marsh
quickdumpnow | ux | frontend | weak | long-form | The quote form asks 14 questions before a price | high | 2026-09-09 | | /quote | Ask for photo and postcode first | 6 | 2 | 1800 | Ines Farrow
jada | ux | frontend | weak | no-price | No price is shown until somebody calls back | medium | 2026-09-09 | | /charters | Show prices by season | 5 | 1 | 2600 | Ines Farrow
yacht-delivery | ux | frontend | weak | broken-mobile-menu | The menu does not open on a phone | medium | 2026-09-09 | | / | Repair the menu on phones | 4 | 0.5 | 900 | Theo Marsh
dangerouscentaur | ux | frontend | weak | old-portfolio | The newest work shown is from 2022 | low | 2026-09-09 | | /work | Show the newest three sites | 2 | 1 | | Priya Lund
rental-3028-51st | ux | api | missing | no-calendar | The direct page cannot take a booking | medium | 2026-09-09 | | /book | Connect the calendar to the direct page | 5 | 2 | 1500 | Lena Ortiz
yacht-delivery | cost | hosting | weak | idle-server | A server runs day and night for one form | low | 2026-09-15 | | server quote-form | Move the form to a function | 2 | 1 | 140 | Theo Marsh
queenofsandiego | cost | hosting | weak | old-snapshots | Snapshots are kept for ever | low | 2026-09-15 | | snapshots | Delete snapshots after 90 days | 2 | 0.5 | 90 | Theo Marsh
quickdumpnow | security | tls | weak | old-tls | The site still accepted an outdated protocol | medium | 2026-05-12 | 2026-05-20 | quickdumpnow.example | Accept current protocols only | 4 | 0.5 | | Theo Marsh
queenofsandiego | performance | api | weak | slow-waiver | The waiver page timed out on the dock | high | 2026-04-14 | 2026-05-04 | POST /waiver | Save first, mail later | 6 | 2 | 1000 | Theo Marsh
dangerouscentaur | delivery | ci | weak | flaky-tests | One release in four failed on a flaky test | medium | 2026-03-10 | 2026-06-15 | pipeline client-sites | Repair or remove the test | 4 | 1 | | Theo Marsh
"""

TICKETS = """
ticket | entity | asset | title | priority | status | opened_on | closed_on | estimate | cost
T-01 | jada | jada-yacht | Head pump leaks | high | done | 2025-11-06 | 2025-11-12 | 180 | 164.2
T-02 | rental-3028-51st | rental-house | Garbage disposal jammed | normal | done | 2025-11-14 | 2025-11-18 | 120 | 95
T-03 | quickdumpnow | qdn-truck | Brake pads worn | urgent | done | 2025-11-24 | 2025-11-26 | 320 | 298.75
T-04 | jada | jada-yacht | Replace zinc anodes and shaft bearing | normal | done | 2025-12-03 | 2025-12-15 | 350 | 342.6
T-05 | rental-3028-51st | rental-furniture | Sofa bed slat broken | normal | done | 2025-12-11 | 2025-12-20 | 60 | 48.9
T-06 | yacht-delivery | yd-van | Battery dead | high | done | 2025-12-18 | 2025-12-19 | 170 | 158.4
T-07 | jada | jada-yacht | Winter service of the engine | high | done | 2026-01-08 | 2026-01-21 | 600 | 636.1
T-08 | rental-3028-51st | rental-house | Gutter overflows | low | done | 2026-01-12 | 2026-02-06 | 140 | 130
T-09 | quickdumpnow | qdn-trailer-1 | Hydraulic hose cracked | high | done | 2026-02-02 | 2026-02-04 | 230 | 218.3
T-10 | jada | jada-sound | Mixer channel dead | low | done | 2026-02-06 | 2026-02-20 | 180 | 175
T-11 | rental-3028-51st | rental-lock | Door lock battery contact corroded | high | done | 2026-03-04 | 2026-03-05 | 40 | 32.5
T-12 | jada | jada-yacht | Passenger inspection items | urgent | done | 2026-03-09 | 2026-04-08 | 380 | 412.8
T-13 | quickdumpnow | qdn-truck | Two tires | high | done | 2026-03-23 | 2026-03-27 | 340 | 352
T-14 | rental-3028-51st | rental-house | Kitchen tap drips | normal | done | 2026-04-02 | 2026-04-09 | 110 | 98
T-15 | yacht-delivery | yd-kit | Life raft recertified | high | done | 2026-04-13 | 2026-05-04 | 290 | 310
T-16 | jada | jada-tender | Outboard will not idle | normal | done | 2026-05-06 | 2026-05-19 | 160 | 171.45
T-17 | rental-3028-51st | rental-house | Paint hallway | low | done | 2026-05-11 | 2026-06-10 | 120 | 105
T-18 | quickdumpnow | qdn-trailer-2 | Light wiring | normal | done | 2026-05-27 | 2026-06-03 | 80 | 66.2
T-19 | jada | jada-yacht | Bilge float switch | urgent | done | 2026-06-15 | 2026-06-16 | 90 | 84.3
T-20 | rental-3028-51st | rental-house | Air conditioner filter and gas | high | done | 2026-06-22 | 2026-06-25 | 140 | 165
T-21 | jada | jada-yacht | Main halyard chafed | high | done | 2026-07-07 | 2026-07-10 | 210 | 198.6
T-22 | quickdumpnow | qdn-truck | Oil and filters | normal | done | 2026-07-20 | 2026-07-22 | 110 | 104.9
T-23 | rental-3028-51st | rental-furniture | Mattress replaced after stain | normal | done | 2026-07-27 | 2026-08-04 | 260 | 248
T-24 | jada | jada-yacht | Deck seam weeps over the galley | normal | done | 2026-08-05 | 2026-08-20 | 190 | 176.5
T-25 | yacht-delivery | yd-van | Front shocks | normal | done | 2026-08-17 | 2026-08-28 | 230 | 219
T-26 | rental-3028-51st | rental-house | Smoke alarms renewed | high | done | 2026-09-02 | 2026-09-05 | 95 | 88.4
T-27 | jada | jada-yacht | Starter relay | urgent | done | 2026-09-14 | 2026-09-16 | 140 | 133.7
T-28 | quickdumpnow | qdn-trailer-1 | Gate hinge welded | normal | done | 2026-10-02 | 2026-10-08 | 100 | 92
T-29 | jada | jada-gear | Replace expired flares | high | done | 2026-10-05 | 2026-10-12 | 130 | 124.5
T-30 | rental-3028-51st | rental-house | Water heater loses pressure | urgent | in progress | 2026-10-19 | | 850 | 120
T-31 | rental-3028-51st | rental-house | Fence panel down | high | open | 2026-06-29 | | 280 |
T-32 | rental-3028-51st | rental-house | Bathroom fan noisy | normal | scheduled | 2026-09-21 | | 140 |
T-33 | rental-3028-51st | rental-furniture | Dining chair loose | low | open | 2026-08-30 | | 45 |
T-34 | rental-3028-51st | rental-house | Irrigation valve sticks | normal | waiting | 2026-07-13 | | 160 | 35
T-35 | jada | jada-yacht | Varnish brightwork | normal | scheduled | 2026-09-28 | | 600 |
T-36 | jada | jada-yacht | Depth sounder drops out | high | waiting | 2026-08-24 | | 350 |
T-37 | quickdumpnow | qdn-truck | Air conditioning blows warm | low | open | 2026-08-11 | | 300 |
T-38 | quickdumpnow | qdn-trailer-3 | Winch strap frayed | normal | open | 2026-10-23 | | 40 |
T-39 | yacht-delivery | yd-kit | Satellite beacon battery due | high | open | 2026-10-12 | | 180 |
T-40 | jada | jada-tender | Seam patch | low | open | 2026-05-30 | | 75 |
T-41 | rental-3028-51st | rental-lock | Spare keypad | low | done | 2026-10-14 | 2026-10-21 | 55 | 51.2
"""
