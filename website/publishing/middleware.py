from django.utils.functional import SimpleLazyObject

from website.publishing.edition import Edition


def edition(get_response):
    """Gives every request its edition, loaded when first asked for: admin pages never ask."""

    def middleware(request):
        request.edition = SimpleLazyObject(Edition.load)
        return get_response(request)

    return middleware
