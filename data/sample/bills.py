"""Bills that come every month or once, and cash that moves without being operations."""

from __future__ import annotations

from .book import CAPITAL, CARD, CHECKING, FIXED, PAYABLE, SALES_TAX, SAVINGS, UNCATEGORISED
from .common import AGENCY, BRAND, HAULING, JADA, LODGING, TRANSPORT

# Entity, account, vendor, memo, amount a month, day, paid through, channel of marketing spend.
MONTHLY = (
    (JADA, "6000", "Shelter Bay Marina", "Slip", 640, 1, PAYABLE, ""),
    (JADA, "6000", "Clearwater Divers", "Hull cleaning", 85, 17, CHECKING, ""),
    (JADA, "6010", "Pacific Hull Mutual", "Hull and liability cover", 258, 5, CHECKING, ""),
    (BRAND, "6030", "Search advertising", "Charter keywords", 165, 27, CARD, "google-ads"),
    (BRAND, "6030", "Social advertising", "Sunset reels", 70, 26, CARD, "instagram"),
    (BRAND, "6030", "Listmill", "Mailing list sender", 49, 11, CARD, "newsletter"),
    (BRAND, "6040", "Bookwise", "Booking software", 59, 3, CARD, ""),
    (BRAND, "6100", "Harbor Staffing", "Office assistant, part time", 640, 28, CHECKING, ""),
    (BRAND, "6070", "Ledgerly Bookkeeping", "Monthly bookkeeping", 210, 20, PAYABLE, ""),
    (HAULING, "6010", "Roadside Mutual", "Truck and trailer cover", 176, 6, CHECKING, ""),
    (HAULING, "6000", "Mission Yard Storage", "Yard space", 115, 2, CHECKING, ""),
    (HAULING, "6080", "Cityline Telephone", "Job line", 42, 9, CARD, ""),
    (HAULING, "6030", "Search advertising", "Junk hauling keywords", 110, 27, CARD, "google-ads"),
    (HAULING, "6030", "Neighbor Pages", "Directory listing", 35, 8, CARD, "yelp"),
    (AGENCY, "6040", "Pixelkit", "Design software", 55, 10, CARD, ""),
    (AGENCY, "6040", "Sitewatch", "Uptime checks", 29, 12, CARD, ""),
    (AGENCY, "6080", "Cowork Adams Avenue", "Desk", 95, 1, CHECKING, ""),
    (LODGING, "6010", "Canyon Home Insurance", "Landlord cover", 88, 7, CHECKING, ""),
    (LODGING, "6090", "51st Street Association", "Association dues", 195, 4, CHECKING, ""),
    (LODGING, "6090", "San Diego Utilities", "Water, power, internet", 168, 19, PAYABLE, ""),
    (LODGING, "6030", "Furnished Finder", "Listing fee", 15, 14, CARD, "furnished-finder"),
    (TRANSPORT, "6010", "Bluewater Underwriters", "Delivery liability", 132, 8, CHECKING, ""),
    (TRANSPORT, "6040", "Tidewise", "Weather routing", 24, 13, CARD, ""),
    (JADA, "6110", "Harbor Federal", "Account fee", 18, 30, CHECKING, ""),
    (JADA, "6120", "Harbor Federal", "Interest on vessel loan", 61, 15, CHECKING, ""),
)
# Entity, account, vendor, memo, amount, day, paid through: what comes once.
ONCE = (
    (JADA, "6140", "Harbor Commission", "Passenger vessel licence", 240, "2026-03-18", CHECKING),
    (HAULING, "6140", "County of San Diego", "Waste hauler permit", 185, "2026-01-22", CHECKING),
    (LODGING, "6140", "City of San Diego", "Short stay licence", 165, "2026-05-14", CHECKING),
    (BRAND, "6070", "Beacon Law", "Review of operating agreement", 260, "2026-04-24", PAYABLE),
    (AGENCY, "6070", "Ledgerly Bookkeeping", "Tax return", 290, "2026-03-30", PAYABLE),
    (BRAND, "6030", "Harbor Lights Magazine", "Quarter page", 180, "2026-01-28", CARD),
    (JADA, UNCATEGORISED, "Chandlery 32", "card 4410", 64.18, "2025-12-09", CARD),
    (HAULING, UNCATEGORISED, "Cash withdrawal", "", 80, "2026-02-13", CHECKING),
    (BRAND, UNCATEGORISED, "ZX*ONLINE 8827", "", 37.5, "2026-03-06", CARD),
    (LODGING, UNCATEGORISED, "Depot Hardware", "?", 112.46, "2026-04-21", CARD),
    (AGENCY, UNCATEGORISED, "Transfer 00912", "", 150, "2026-06-04", CHECKING),
    (JADA, UNCATEGORISED, "Chandlery 32", "card 4410", 93.72, "2026-07-17", CARD),
    (TRANSPORT, UNCATEGORISED, "Cash withdrawal", "", 120, "2026-08-26", CHECKING),
    (HAULING, UNCATEGORISED, "ZX*ONLINE 8827", "", 41.25, "2026-09-15", CARD),
    (BRAND, UNCATEGORISED, "Transfer 01177", "ask Maren", 140, "2026-10-13", CHECKING),
    (LODGING, UNCATEGORISED, "Depot Hardware", "?", 58.9, "2026-10-22", CARD),
    (JADA, "6020", "Seaview Sail Loft", "Repair of genoa, invoice 2217", 146.4, "2026-10-07", CHECKING),
    (JADA, "6020", "Seaview Sail Loft", "Repair of genoa, invoice 2217", 146.4, "2026-10-10", CHECKING),
)
# What moves cash without being operations: day, entity, debit, credit, amount, memo.
MOVES = (
    ("2025-12-05", JADA, CHECKING, SAVINGS, 2500, "From reserve"),
    ("2026-02-09", JADA, CHECKING, CAPITAL, 5000, "Owner's contribution"),
    ("2026-03-10", JADA, CHECKING, SAVINGS, 2000, "From reserve"),
    ("2026-07-28", JADA, SAVINGS, CHECKING, 1500, "To reserve"),
    ("2026-05-12", HAULING, FIXED, CHECKING, 1850, "Flatbed trailer"),
    ("2026-01-28", HAULING, SALES_TAX, CHECKING, 212.4, "Sales tax of 2025"),
)
