"""What a new campaign has where nothing is said."""

#: Working hours; the account's zone is put behind them.
WINDOW = "mon-fri 09:30-17:30"
#: Seconds between two mails of a mailbox.
GAP = "60-180"
#: Most mails a day.
CAP = 300
