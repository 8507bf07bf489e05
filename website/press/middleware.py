from django.utils.functional import SimpleLazyObject

from website import views
from website.middleware import in_admin
from website.press.serving import Press
from website.publishing.edition import Edition


def edition(get_response):
    """Gives every request its edition: the one being printed, or the one this process serves.

    It is loaded when first asked for in the admin, where an editor sees at once what publishing did, and where no press
    runs (management commands, tests).
    """

    def middleware(request):
        served = None if in_admin(request) else Press.served.edition
        request.edition = request.META.get("press.edition") or served or SimpleLazyObject(Edition.load)
        if error := request.META.get("press.error"):
            response = views.ERROR_VIEWS[error](request)
            response._has_been_logged = True  # nothing has gone wrong: the page is being printed
            return response
        return get_response(request)

    return middleware
