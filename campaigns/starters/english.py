"""Starters in English. Every one is GSM-7 and leaves room in its single part for a name and an opt-out text."""

from campaigns.starters.starter import starters

ENGLISH = starters(
    "en",
    {
        "retail": (
            (
                "sale",
                "promotion",
                "Weekend sale",
                "Hi {{first_name|there}}, 20% off everything this weekend, in store and online. Your code: WEEKEND20.",
            ),
            (
                "arrivals",
                "promotion",
                "New arrivals",
                "{{first_name|Hello}}, the new collection is here. Come by this week and be the first to try it on.",
            ),
            (
                "vip",
                "promotion",
                "Early access",
                "{{first_name|Hi}}, our sale opens to everybody on Friday. For you it starts today: just show this message.",
            ),
            (
                "miss_you",
                "win_back",
                "We miss you",
                "We have not seen you for a while, {{first_name|friend}}. Here is 10% off your next visit: BACK10.",
            ),
            (
                "birthday",
                "birthday",
                "Birthday gift",
                "Happy birthday, {{first_name|dear customer}}! A small gift waits for you at the till all this month.",
            ),
            (
                "ready",
                "service",
                "Order ready",
                "Hello {{first_name|there}}, your order is ready to be picked up. We are open until 20:00.",
            ),
        ),
        "restaurant": (
            (
                "special",
                "promotion",
                "Dish of the day",
                "{{first_name|Hello}}, today we cook slow roasted lamb with lemon potatoes. Shall we keep you a table?",
            ),
            (
                "happy_hour",
                "promotion",
                "Happy hour",
                "Two drinks for one, tonight from 18:00 to 20:00. See you at the bar, {{first_name|friend}}!",
            ),
            (
                "live",
                "event",
                "Live music",
                "Live music this Friday at 21:00. Tables go fast, {{first_name|friend}}: call us to book yours.",
            ),
            (
                "booking",
                "reminder",
                "Table reminder",
                "Hello {{first_name|there}}, a reminder of your table tonight. If your plans changed, please let us know.",
            ),
            (
                "birthday",
                "birthday",
                "Birthday dessert",
                "Happy birthday {{first_name|to you}}! Celebrate with us this week and the dessert is on the house.",
            ),
        ),
        "salon": (
            (
                "appointment",
                "reminder",
                "Appointment reminder",
                "Hello {{first_name|there}}, see you tomorrow at your usual time. Need to move it? Just call us.",
            ),
            (
                "offer",
                "promotion",
                "Midweek offer",
                "Treat yourself, {{first_name|you deserve it}}: cut and treatment at 25% off every Tuesday and Wednesday.",
            ),
            (
                "last_minute",
                "promotion",
                "Last-minute chair",
                "A place has come free this afternoon, {{first_name|dear}}. First to call gets it, at 15% off.",
            ),
            (
                "time_again",
                "win_back",
                "Time for a visit",
                "It has been six weeks, {{first_name|dear}}. Shall we find you an hour this week? Call us to book.",
            ),
            (
                "birthday",
                "birthday",
                "Birthday treat",
                "Happy birthday, {{first_name|dear}}! Your next treatment this month comes with a free manicure.",
            ),
        ),
        "fitness": (
            (
                "welcome",
                "welcome",
                "Welcome",
                "Welcome to the club, {{first_name|champion}}! Your first session with a trainer is free: book it at the desk.",
            ),
            (
                "new_class",
                "promotion",
                "New class",
                "New: yoga on Mondays and Thursdays at 19:00. {{first_name|Hello}}, the first class is free, so bring a friend along.",
            ),
            (
                "come_back",
                "win_back",
                "Come back",
                "{{first_name|Hi}}, your mat misses you. Come back this week and the month costs you half.",
            ),
            (
                "renewal",
                "reminder",
                "Membership ends",
                "Hello {{first_name|there}}, your membership ends soon. Renew by Sunday and keep the price you have now.",
            ),
            (
                "closed",
                "service",
                "Change of hours",
                "Please note: the club closes at 15:00 this Saturday. Sunday hours stay as they are.",
            ),
        ),
        "events": (
            (
                "tickets",
                "promotion",
                "Tickets on sale",
                "{{first_name|Hello}}, tickets are on sale from today. The first hundred cost 20% less.",
            ),
            (
                "tomorrow",
                "reminder",
                "See you tomorrow",
                "See you tomorrow, {{first_name|friend}}! Doors open at 20:00, the show starts at 21:00. Have your ticket ready.",
            ),
            (
                "last_seats",
                "promotion",
                "Last seats",
                "Only a few seats are left for Saturday night. Book yours today, {{first_name|friend}}!",
            ),
            (
                "moved",
                "service",
                "Change of time",
                "Important: the event begins one hour later, at 21:00. Your ticket stays valid. Thank you for your patience.",
            ),
            (
                "thanks",
                "other",
                "Thank you",
                "Thank you for coming, {{first_name|friend}}! Tell us how you liked it, and meet us again next month.",
            ),
        ),
        "clinic": (
            (
                "appointment",
                "reminder",
                "Appointment reminder",
                "Hello {{first_name|there}}, we expect you tomorrow at the agreed time. To change it, please call us.",
            ),
            (
                "checkup",
                "reminder",
                "Check-up due",
                "{{first_name|Hello}}, it is time for your yearly check-up. Call us and we will find a time that suits you.",
            ),
            (
                "closed",
                "service",
                "Closed for holidays",
                "Our practice is closed from the 10th to the 20th. In an emergency please call the number on our door.",
            ),
        ),
        "hotel": (
            (
                "welcome",
                "service",
                "Before arrival",
                "We look forward to your stay, {{first_name|dear guest}}. Your room is ready from 14:00. Safe travels!",
            ),
            (
                "return",
                "win_back",
                "Come back",
                "{{first_name|Dear guest}}, your favourite view is still here. Book this month and stay three nights for two.",
            ),
            (
                "review",
                "other",
                "After the stay",
                "Thank you for staying with us, {{first_name|dear guest}}. A few words of yours would help us a lot.",
            ),
        ),
        "school": (
            (
                "enrol",
                "promotion",
                "Enrolment open",
                "Enrolment for the new term is open, {{first_name|friend}}. Sign up by the 15th and save 10%.",
            ),
            (
                "lesson",
                "reminder",
                "Lesson reminder",
                "Hello {{first_name|there}}, your lesson is tomorrow at the usual time. Do not forget your book!",
            ),
            (
                "cancelled",
                "service",
                "Lesson cancelled",
                "Today's lesson is cancelled, we are sorry. We will call you about a new date.",
            ),
        ),
    },
)
