"""What a reader draws on an image, and the numbers that come of it.

============== ====================================================================================
``annotation`` the drawn thing: shape, points, label, who and when; JSON form; the list with undo
``planar``     lengths, angles and areas of points on one image, in millimetres or in pixels
``roi``        which pixels a region holds, and their mean, SD, minimum and maximum
``suv``        the standardised uptake value of PET by body weight, or why it cannot be given
``volume``     a volume from a stack of contours on parallel images
``measured``   all of these joined: one annotation and one image give named quantities
``compare``    the same label on two dates: change in millimetres and per cent
============== ====================================================================================

Nothing here rounds: rounding belongs to the words (``measured.words``).
"""
